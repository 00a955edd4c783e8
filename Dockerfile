# The server over stdio, for hosts that run servers in containers:
#   docker build -t runcomfy-image-mcp .
#   docker run -i --rm -e RUNCOMFY_API_KEY -v runcomfy-image-mcp:/data runcomfy-image-mcp
# Without a key: -e RUNCOMFY_SANDBOX=true. Job records and kept pictures are in /data.
FROM node:24-alpine AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && rm -rf node_modules && npm ci --omit=dev --ignore-scripts

FROM node:24-alpine
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
VOLUME /data
USER node
ENTRYPOINT ["node", "dist/main.js"]
