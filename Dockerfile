# The Home Assistant app and the plain container in one image. The base is any Debian with s6-overlay, such as the one named
# here; scripts/update-pins fixes its digest. Its name is not BUILD_FROM: that is what Supervisors take from build.yaml, where no
# digest is allowed.
ARG BASE_IMAGE=ghcr.io/home-assistant/base-debian:trixie

FROM ${BASE_IMAGE} AS node
ARG BASE_IMAGE
# The base names the versions that Debian has.
# hadolint ignore=DL3008
RUN case "${BASE_IMAGE}" in *@sha256:*) ;; *) echo "WARNING: ${BASE_IMAGE} is not pinned to a digest; see scripts/update-pins" >&2 ;; esac \
  && apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates nodejs npm \
  && apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /bootstrap
COPY package.json package-lock.json .npmrc ./
# Debian's Node only carries npm; the one that we build with and run on is a locked package.
RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error \
  && cp node_modules/node-linux-*/bin/node /usr/local/bin/node \
  && rm -rf /bootstrap/node_modules

FROM node AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY . .
# What only developers read stays behind: types, source maps, C headers.
RUN npm run build \
  && npm prune --omit=dev --no-audit --no-fund --loglevel=error \
  && rm -rf node_modules/node-linux-* node_modules/.bin node_modules/.package-lock.json \
  && find node_modules dist -type f \( -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' -o -name '*.map' -o -name '*.test.js' \) -delete

FROM node AS mediamtx
# `with` puts the pinned MediaMTX into the image (it needs an entry in pins.json), `local` the program mediamtx.local, which lies
# beside this file and is of the image's architecture.
ARG MEDIAMTX=without
WORKDIR /mediamtx
COPY pins.json scripts/fetch-mediamtx.mjs mediamtx.loca[l] /bootstrap/
RUN if [ "${MEDIAMTX}" = with ]; then node /bootstrap/fetch-mediamtx.mjs "$(dpkg --print-architecture)"; fi \
  && if [ "${MEDIAMTX}" = local ]; then install --mode=755 /bootstrap/mediamtx.local mediamtx; fi

FROM ${BASE_IMAGE}
# FFmpeg names libraries for screens, whose drivers (a quarter of the image) are only loaded where something is shown.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates ffmpeg mosquitto-clients \
  && apt-get clean && rm -rf /var/lib/apt/lists/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/* \
    /usr/lib/*/libLLVM* /usr/lib/*/libgallium* /usr/lib/*/libz3.so* /usr/lib/*/dri /usr/lib/*/gbm \
  && ffmpeg -hide_banner -loglevel error -f lavfi -i sine=duration=1 -c:a aac -f null - \
  && groupadd --system --gid 911 belfry \
  && useradd --system --uid 911 --gid belfry --home-dir /data --no-create-home --shell /usr/sbin/nologin belfry \
  && install --directory --owner=belfry --group=belfry /data
WORKDIR /app
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=mediamtx /mediamtx /usr/local/bin
COPY --from=build /app/package.json /app/pins.json ./
COPY --from=build /app/scripts/stream-on-demand.sh scripts/stream-on-demand.sh
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY rootfs /
ENV NODE_ENV=production \
  S6_BEHAVIOUR_IF_STAGE2_FAILS=2
EXPOSE 8099/tcp 8554/tcp 8322/tcp 8888/tcp 8889/tcp 8189/udp
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/usr/local/bin/belfry-health"]
ARG BUILD_VERSION=dev
ARG BUILD_ARCH=amd64
LABEL io.hass.type="app" \
  io.hass.version="${BUILD_VERSION}" \
  io.hass.arch="${BUILD_ARCH}" \
  org.opencontainers.image.title="Belfry" \
  org.opencontainers.image.description="Ring cameras and doorbells in Home Assistant: MQTT entities and RTSP video" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${BUILD_VERSION}"
