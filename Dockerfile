# The server over stdio, for hosts that run servers in containers:
#   docker build -t runcomfy-image-mcp .
#   docker run -i --rm -e RUNCOMFY_API_KEY -v runcomfy-image-mcp:/data runcomfy-image-mcp
# Without a key: -e RUNCOMFY_SANDBOX=true. Job records and kept pictures are in /data, and nothing is written elsewhere:
# --read-only is possible. With --http it serves many over HTTP: docs/service.md.
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && rm -rf node_modules && npm ci --omit=dev --ignore-scripts

FROM node:22-slim
LABEL io.modelcontextprotocol.server.name="io.github.runcomfy-image-mcp/runcomfy-image-mcp" \
      org.opencontainers.image.source="https://github.com/runcomfy-image-mcp/runcomfy-image-mcp" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY --from=build /app/dist dist
COPY --from=build /app/node_modules node_modules
COPY LICENSE ./
RUN mkdir /data && chown node:node /data
ENV RUNCOMFY_DATA_DIR=/data
# Compiled code, for a quicker start.
ENV XDG_CACHE_HOME=/data/cache
VOLUME /data
USER node
STOPSIGNAL SIGTERM
# Over stdio there is nothing to ask, and it succeeds.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["node", "dist/main.js", "healthcheck"]
ENTRYPOINT ["node", "dist/main.js"]
