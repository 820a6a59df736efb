# The Home Assistant app and the plain container in one image. BUILD_FROM is any Debian; s6-overlay comes with the default one.
ARG BUILD_FROM=ghcr.io/home-assistant/base-debian:trixie

FROM ${BUILD_FROM} AS build
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates nodejs npm \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The packages bring the Node that we run on; Debian's own only carries npm, which may forget to link it.
RUN npm ci --no-audit --no-fund --loglevel=error && npm rebuild --ignore-scripts --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund --loglevel=error

FROM ${BUILD_FROM}
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates ffmpeg \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app/package.json package.json
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY rootfs /
ENV PATH=/app/node_modules/.bin:$PATH \
  NODE_ENV=production \
  S6_BEHAVIOUR_IF_STAGE2_FAILS=2
EXPOSE 8554/tcp
ARG BUILD_VERSION=dev
ARG BUILD_ARCH=amd64
LABEL io.hass.type="app" \
  io.hass.version="${BUILD_VERSION}" \
  io.hass.arch="${BUILD_ARCH}" \
  org.opencontainers.image.title="Belfry" \
  org.opencontainers.image.description="Ring cameras and doorbells in Home Assistant: MQTT entities and RTSP video" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${BUILD_VERSION}"
