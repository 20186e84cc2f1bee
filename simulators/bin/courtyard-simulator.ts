import { AppError, type InputIssue } from '@courtyard/protocols/contract'
import { type Command, helpText, parseCommand } from '../src/cli.ts'
import { SimulatorErrorCode } from '../src/errors.ts'
import { buildSite, furtherPorts, siteYaml, startSimulator } from '../src/index.ts'

const command = readCommand()
if (command.action === 'help') process.stdout.write(helpText())
else if (command.action === 'siteYaml') printSiteYaml(command)
else await run(command)

function readCommand(): Command {
  try {
    return parseCommand(process.argv.slice(2), process.env)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== SimulatorErrorCode.badOptions) throw error
    const issues = error.details['issues'] as InputIssue[]
    process.stderr.write(`courtyard-simulator: ${error.message}\n`)
    for (const issue of issues) process.stderr.write(`  ${issue.path}: ${issue.reason}\n`)
    process.exit(2)
  }
}

function printSiteYaml({ options, yaml }: Command): void {
  const site = buildSite(options)
  const endpoints = site.endpoints.map((key, index) => ({
    key,
    host: options.host,
    port: options.portBase + index + 1,
  }))
  const { devicePortBase: base, meters } = options
  const further = base === undefined || meters !== undefined ? null : furtherPorts(base)
  process.stdout.write(siteYaml(site, endpoints, yaml, further))
}

async function run({ options }: Command): Promise<void> {
  const simulator = await startSimulator(options).catch((error: NodeJS.ErrnoException) => {
    process.stderr.write(`courtyard-simulator: ${error.message}\n`)
    process.exit(1)
  })
  const { site, endpoints, furtherPorts: further, controlUrl } = simulator
  const ports = endpoints.map((endpoint) => endpoint.port).join(',')
  const doors = further ? ` doors and lines ${Object.values(further).join(',')},` : ''
  process.stdout.write(
    `courtyard-simulator ready: ${site.meters.length} meters, Modbus TCP ${options.host}:${ports},${doors} control ${controlUrl}\n`,
  )
  const stop = () => {
    void simulator.stop().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}
