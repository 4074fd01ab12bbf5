# Two images from one file: --target calibration (port 8000), --target gateway (port 8001).
# Pin the base by the digest you fetched and checked: --build-arg BASE_IMAGE=python:3.13-slim-bookworm@sha256:...
ARG BASE_IMAGE=python:3.13-slim-bookworm

FROM ${BASE_IMAGE} AS installer
ENV PIP_CACHE_DIR=/cache/pip UV_CACHE_DIR=/cache/uv UV_LINK_MODE=copy
WORKDIR /source
COPY locks/installer.txt locks/inventory.txt locks/
RUN --mount=type=cache,target=/cache \
    python3 -m venv /installer \
    && /installer/bin/pip install --quiet --disable-pip-version-check --require-hashes -r locks/installer.txt \
    && /installer/bin/uv pip install --quiet --python /installer/bin/python --require-hashes -r locks/inventory.txt \
    && python3 -m venv --without-pip /opt/rectifier
ENV PATH=/installer/bin:$PATH VIRTUAL_ENV=/opt/rectifier

# Litestar brings a test client, fake data and a command line of its own: an image that may have no egress carries no HTTP client
# library, and nothing that it does not import. Type stubs and C headers are for compilers.
FROM installer AS calibration-files
COPY locks/calibration.txt locks/
RUN --mount=type=cache,target=/cache \
    uv pip install --quiet --require-hashes -r locks/calibration.txt \
    && uv pip uninstall --quiet certifi faker httpcore httpx polyfactory rich-click
COPY pyproject.toml README.md CHANGELOG.md SECURITY.md CONTRIBUTING.md ARCHITECTURE.md LICENSE ./
COPY docs docs
COPY decisions decisions
COPY benchmarks/README.md benchmarks/
COPY service/*.py service/
COPY docker/list_vendored.py docker/
COPY service/web service/web
COPY service/api service/api
COPY service/calibration service/calibration
RUN hatchling build -t wheel -d /wheels \
    && uv pip install --quiet --no-deps /wheels/*.whl \
    && find /opt/rectifier -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} + \
    && find /opt/rectifier -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.px[di]' -o -name '*.[ch]' -o -name '*.a' \) -delete \
    && cyclonedx-py environment /opt/rectifier/bin/python --output-reproducible -o /opt/rectifier/sbom.cdx.json \
    && python3 docker/list_vendored.py /opt/rectifier/sbom.cdx.json \
    && /opt/rectifier/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/rectifier/lib

FROM installer AS gateway-files
COPY locks/gateway.txt locks/
RUN --mount=type=cache,target=/cache \
    uv pip install --quiet --require-hashes -r locks/gateway.txt \
    && uv pip uninstall --quiet certifi faker httpcore httpx markdown-it-py mdurl polyfactory pygments rich rich-click
COPY pyproject.toml README.md CHANGELOG.md SECURITY.md CONTRIBUTING.md ARCHITECTURE.md LICENSE ./
COPY docs docs
COPY decisions decisions
COPY benchmarks/README.md benchmarks/
COPY service/*.py service/
COPY docker/list_vendored.py docker/
COPY service/web service/web
COPY service/gateway service/gateway
RUN hatchling build -t wheel -d /wheels \
    && uv pip install --quiet --no-deps /wheels/*.whl \
    && rm -rf /opt/rectifier/lib/python3*/site-packages/service/api \
    && find /opt/rectifier -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} + \
    && find /opt/rectifier -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.px[di]' -o -name '*.[ch]' -o -name '*.a' \) -delete \
    && cyclonedx-py environment /opt/rectifier/bin/python --output-reproducible -o /opt/rectifier/sbom.cdx.json \
    && python3 docker/list_vendored.py /opt/rectifier/sbom.cdx.json \
    && /opt/rectifier/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/rectifier/lib

FROM ${BASE_IMAGE} AS runtime
ENV PATH=/opt/rectifier/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MALLOC_ARENA_MAX=2
USER 10001:10001
ENTRYPOINT ["/opt/rectifier/bin/rectifier"]

FROM runtime AS calibration
COPY --from=calibration-files /opt/rectifier /opt/rectifier
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["/opt/rectifier/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]

FROM runtime AS gateway
COPY --from=gateway-files /opt/rectifier /opt/rectifier
EXPOSE 8001
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["/opt/rectifier/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8001/livez', timeout=2)"]
CMD ["gateway", "--host", "0.0.0.0", "--port", "8001"]
