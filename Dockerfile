# Parley in a container: `make image`, then compose.yaml. A GPU's wheels: `make image VARIANT=cu128`.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim-bookworm AS build
ARG VARIANT=cpu
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/${VARIANT}
WORKDIR /src
COPY pyproject.toml README.md LICENSE config.example.toml ./
COPY .ci/constraints.txt .ci/constraints.txt
COPY adapters adapters
COPY bot bot
COPY docs docs
COPY nlp nlp
RUN python -m venv /opt/parley \
    && /opt/parley/bin/python -m pip install --constraint .ci/constraints.txt '.[starter]'

FROM python:${PYTHON}-slim-bookworm
RUN groupadd --gid 10001 parley \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin parley \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/parley /opt/parley
# Everything that Parley writes lies under /data: the history, models, and the configuration if there is one.
ENV PATH=/opt/parley/bin:$PATH \
    HOME=/data \
    XDG_DATA_HOME=/data \
    XDG_CONFIG_HOME=/data \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PARLEY_MONITORING__PORT=9464
VOLUME ["/data"]
WORKDIR /data
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=20s --start-period=120s --retries=3 CMD ["parley", "health"]
ENTRYPOINT ["parley"]
CMD ["run"]
