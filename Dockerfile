# docker build --tag noonmark-gateway .     docs/operation.md shows how to run it; compose.yaml does.

FROM node:26-slim AS package
WORKDIR /src
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund && mkdir /package && npm pack --pack-destination /package

# glibc, which the gateway calls itself: on musl it would answer on one thread.
FROM node:26-slim
COPY --from=package /package /package
RUN npm install --global --ignore-scripts --no-audit --no-fund /package/*.tgz \
  && rm -rf /package /root/.npm \
  && install --directory --owner=node --group=node --mode=0700 /var/lib/noonmark
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=1
USER node
VOLUME /var/lib/noonmark
# NTP; NTS's keys; Roughtime. Each is there only where the configuration says so.
EXPOSE 123/udp 4460/tcp 5319/udp 5319/tcp
# Healthy is who is synchronized: the exit code of `status` says it.
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s CMD ["noonmark-gateway", "status"]
ENTRYPOINT ["noonmark-gateway"]
CMD ["run", "--config", "/etc/noonmark/noonmark.toml"]
