# syntax=docker/dockerfile:1

FROM rust:1.95-bookworm AS build
# For the feature pg-tls, which links the system's OpenSSL.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libssl-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# Registry and target outlive the build in the builder's cache, so that dependencies are compiled once. What is copied from
# another clone may be older than what lies there; touched, it is compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    find api domain migrations persistence -type f -exec touch {} + \
    && cargo build --release --locked --package api --features pg-tls \
    && install -D target/release/frivillig /out/frivillig

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --home-dir /data --no-create-home --shell /usr/sbin/nologin frivillig \
    && install --directory --owner=frivillig --group=frivillig --mode=0700 /data
COPY --from=build /out/frivillig /usr/local/bin/frivillig
COPY LICENSE /usr/share/doc/frivillig/LICENSE

USER 10001:10001
WORKDIR /data
VOLUME /data
# Every thread that once allocated keeps an arena otherwise, a quarter of the memory; see docs/performance.md.
ENV MALLOC_ARENA_MAX=2
# A lost volume must not turn into a demonstration, so DEMO is off unless somebody says otherwise.
ENV DATABASE_URL=sqlite:///data/frivillig.db \
    LISTEN_ADDR=0.0.0.0:8080 \
    LOG_FORMAT=json \
    DEMO=false
EXPOSE 8080
# There is no curl here; bash can open a connection itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>\"/dev/tcp/127.0.0.1/${LISTEN_ADDR##*:}\" && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["frivillig"]
