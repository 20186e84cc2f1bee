import type { IForbiddenRuleType } from 'dependency-cruiser'

const workspaces = ['protocols', 'edge', 'hub', 'ui', 'simulators']

/** `edge`, `hub`, `ui`, `simulators` use `protocols` only, never each other; `protocols` uses nothing of ours. */
const layers: IForbiddenRuleType[] = workspaces.map((workspace) => ({
  name: `${workspace}-stands-alone`,
  comment: `${workspace} may import only itself and protocols`,
  severity: 'error',
  from: { path: `^${workspace}/` },
  to: {
    path: `^(${[...workspaces, 'test', 'demo'].join('|')})/`,
    pathNot: `^(${workspace}|protocols)/`,
  },
}))

/** The drawing of the house as rules for dependency-cruiser; see the README's map. */
export const importRules: IForbiddenRuleType[] = [
  ...layers,
  {
    name: 'no-cycles',
    comment: 'A cycle has no beginning for a reader; types may refer to each other',
    severity: 'error',
    from: { pathNot: '^hub/src/generated/' },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'], pathNot: '^hub/src/generated/' } },
  },
  {
    name: 'platform-knows-no-module',
    comment: 'The hub platform is below the modules',
    severity: 'error',
    from: { path: '^hub/src/platform/', pathNot: '\\.test\\.ts$|^hub/src/platform/testing' },
    to: { path: '^hub/src/modules/' },
  },
  {
    name: 'modules-through-index',
    comment: 'A module is used only through its index.ts',
    severity: 'error',
    from: { path: '^hub/src/modules/([^/]+)/' },
    to: { path: '^hub/src/modules/[^/]+/.+', pathNot: '^hub/src/modules/($1/|[^/]+/(index|testing)\\.ts$)' },
  },
  {
    name: 'modules-through-index-from-outside',
    comment: 'What starts the hub sees the modules only through their index.ts',
    severity: 'error',
    from: { path: '^hub/', pathNot: '^hub/src/modules/[^/]+/' },
    to: { path: '^hub/src/modules/[^/]+/.+', pathNot: '^hub/src/modules/[^/]+/(index|testing)\\.ts$' },
  },
  {
    name: 'domain-is-pure',
    comment: 'domain/ decides; it does not load, save, listen or look at the clock',
    severity: 'error',
    from: { path: '/domain/', pathNot: '\\.test\\.ts$' },
    to: {
      path: [
        '^hub/src/(generated|platform)/',
        'node_modules/(@prisma|fastify|@fastify|pg|pg-[^/]+|mqtt|aedes|pino|influx|@influxdata)/',
        '\\.(repository|service|routes)\\.ts$',
        '/clock\\.ts$',
      ],
    },
  },
  {
    name: 'node-core-stays-out-of-domain',
    comment: 'domain/ uses no Node module',
    severity: 'error',
    from: { path: '/domain/', pathNot: '\\.test\\.ts$' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'contract-runs-in-a-browser',
    comment: 'Browser and hub share the contract: it uses nothing of Node',
    severity: 'error',
    from: { path: '^protocols/src/contract/', pathNot: '\\.test\\.ts$' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'contract-needs-only-zod',
    severity: 'error',
    from: { path: '^protocols/src/contract/', pathNot: '\\.test\\.ts$' },
    to: { path: 'node_modules/', pathNot: 'node_modules/zod/' },
  },
  {
    name: 'sql-in-repositories',
    comment: 'In a hub module only *.repository.ts talks to pg or Prisma directly',
    severity: 'error',
    from: { path: '^hub/src/modules/', pathNot: '\\.(repository|test)\\.ts$|-fixture\\.ts$|/testing' },
    to: { path: 'node_modules/(@prisma|pg)/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-tests-in-product',
    comment: 'Code does not import tests or what only tests need',
    severity: 'error',
    from: { pathNot: '\\.test\\.ts$|/testing\\.ts$|contract-suite|-fixture\\.ts$' },
    to: { path: '\\.test\\.ts$|/testing\\.ts$' },
  },
  {
    name: 'resolvable',
    comment: 'An import that nothing answers',
    severity: 'error',
    from: { pathNot: '^ui/' },
    to: { couldNotResolve: true },
  },
]
