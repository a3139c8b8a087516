# The versions of uv.lock, built in one stage and kept in another: no compiler, no pip, no root.
#
#   docker build -t audit-etl .
#   docker run --rm -v audit:/data -v "$PWD/secrets:/run/secrets:ro" \
#       -e ETL_ORGANIZATION_ID=org_abc123 audit-etl
#
# The token is the file etl_api_token in that folder; user 10001 must be able to read it.

FROM python:3.13-slim AS build
# The environment keeps its path from one stage to the other: its scripts name their interpreter.
ENV UV_PROJECT_ENVIRONMENT=/opt/etl UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
# What the lock file names comes first, so that a change of the code alone leaves this layer as it is.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-install-project --no-build
COPY README.md ./
COPY etl etl
COPY sql sql
RUN uv sync --locked --no-editable

FROM python:3.13-slim
COPY --from=build /opt/etl /opt/etl
# By number, so that Kubernetes can see that it is not root (runAsNonRoot).
RUN install -d -m 700 -o 10001 -g 10001 /data
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV PATH=/opt/etl/bin:$PATH ETL_WAREHOUSE=/data/warehouse.duckdb
ENTRYPOINT ["etl"]
CMD ["sync"]
