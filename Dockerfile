# Usher. TypeScript is run directly, so there is nothing to build.
FROM node:24-slim

ENV NODE_ENV=production \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=3000

WORKDIR /app

COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund && npm cache clean --force

COPY LICENSE NOTICE ./
COPY migrations ./migrations
COPY src ./src

# The command line: docker compose exec usher usher doctor
RUN chmod +x src/cli.ts && ln -s /app/src/cli.ts /usr/local/bin/usher \
    && mkdir /data && chown node:node /data

USER node
VOLUME /data
EXPOSE 3000

# Asks what the server itself would answer a load balancer. Its certificate may be for another name than localhost.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED='0';fetch((process.env.TLS_CERT?'https':'http')+'://127.0.0.1:'+process.env.PORT+'/readyz').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]

# Node itself, not npm: it gets the signal to stop, and stops in order.
CMD ["node", "--max-semi-space-size=8", "src/main.ts"]
