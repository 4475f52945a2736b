# What `make assets` gets: the documentation page's script and style sheet, and the player.
FROM node:22-bookworm-slim AS assets
WORKDIR /assets
RUN npm pack --silent swagger-ui-dist@5.35.0 \
 && echo "1b8e891893404ea4c3558b6a87e2a3e494e7eedba41168c2ece5800a391a6ea6  swagger-ui-dist-5.35.0.tgz" | sha256sum -c \
 && tar xzf swagger-ui-dist-5.35.0.tgz --strip-components 1 package/LICENSE package/NOTICE \
      package/swagger-ui.css package/swagger-ui-bundle.js package/swagger-ui-bundle.js.LICENSE.txt \
 && rm swagger-ui-dist-5.35.0.tgz
WORKDIR /hls
RUN npm pack --silent hls.js@1.7.4 \
 && echo "e4ab3d5d13f7cca9ef241d098f39686e19fd451831ba07dc9943482fd5ff75c7  hls.js-1.7.4.tgz" | sha256sum -c \
 && tar xzf hls.js-1.7.4.tgz --transform 's,.*/,,' package/LICENSE package/dist/hls.min.js \
 && rm hls.js-1.7.4.tgz

# Wheels are built in a stage of their own, with caches that no image keeps.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements-edges.lock requirements-build.lock pyproject.toml README.md LICENSE ./
COPY kensho ./kensho
COPY ingest ./ingest
COPY queries ./queries
COPY graph_schema ./graph_schema
COPY curation ./curation
COPY docs ./docs
COPY --from=assets /assets ./kensho/web/static/vendor/swagger-ui
COPY --from=assets /hls ./kensho/web/static/vendor/hls/static
# The wheel is built by what requirements-build.lock names by hash, which no image keeps.
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock \
 && /opt/build/bin/pip wheel --no-cache-dir --no-index --no-deps --no-build-isolation --wheel-dir /opt/wheel .
RUN mkdir /opt/empty && python -m venv /opt/kensho \
 && /opt/kensho/bin/pip install --no-cache-dir --require-hashes -r requirements-edges.lock \
 && /opt/kensho/bin/pip install --no-cache-dir --no-index --no-deps /opt/wheel/*.whl \
 && /opt/kensho/bin/kensho kernel --require

# The graph server with a data folder of its own: a new volume takes its owner from the image, so nothing runs as root.
FROM surrealdb/surrealdb:v3.2.4 AS store
COPY --from=build --chown=10001:10001 /opt/empty /data
USER 10001:10001
VOLUME /data

# TiKV and what places its rows, in the same way (compose's profile `cluster`).
FROM pingcap/pd:v8.5.3 AS placement
COPY --from=build --chown=10001:10001 /opt/empty /data
USER 10001:10001
VOLUME /data

FROM pingcap/tikv:v8.5.3 AS rows
COPY --from=build --chown=10001:10001 /opt/empty /data
USER 10001:10001
VOLUME /data

# nginx before Kenshō: who runs it writes /tmp/kensho.upstream first. Its master is no root.
FROM debian:bookworm-slim AS front
RUN apt-get update \
 && apt-get install -y --no-install-recommends nginx-light libnginx-mod-http-js ca-certificates \
 && rm -rf /var/lib/apt/lists/* /etc/nginx/sites-enabled /etc/nginx/conf.d
COPY deploy/nginx/nginx.conf /etc/nginx/nginx.conf
COPY deploy/nginx/kensho.conf /etc/nginx/conf.d/
RUN ln -s /tmp/kensho.upstream /etc/nginx/kensho.upstream && chown -R 10001:10001 /var/cache/nginx
USER 10001:10001
EXPOSE 80

# The edge of films besides: the packages and files that tests/attack/test_portal_edge.py runs.
FROM front AS edge
USER root
COPY deploy/nginx/edge.conf /etc/nginx/conf.d/
COPY deploy/nginx/hls.conf /etc/nginx/kensho.d/
COPY deploy/nginx/play.js deploy/nginx/reload_on_change.sh /etc/nginx/kensho/
RUN ln -s /tmp/kensho.edge_secret /etc/nginx/kensho.edge_secret \
 && ln -sf /dev/stdout /var/log/nginx/kensho_films.log
USER 10001:10001
VOLUME /var/cache/nginx

FROM python:3.11-slim-bookworm AS kensho
# Fonts are for maps as PNG, whose titles are in any script.
RUN apt-get update && apt-get install -y --no-install-recommends fonts-noto-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home --home-dir /var/lib/kensho kensho \
 && install -d -m 700 -o kensho -g kensho /var/lib/portal /var/lib/portal-keys
COPY --from=build /opt/kensho /opt/kensho
ENV PATH=/opt/kensho/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    KENSHO_HOST=0.0.0.0 \
    KENSHO_LOG_FORMAT=json
USER kensho
WORKDIR /var/lib/kensho
VOLUME /var/lib/kensho
EXPOSE 8700
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8700/health/ready', timeout=2)"]
CMD ["kensho", "serve"]
