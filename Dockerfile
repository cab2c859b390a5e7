# One image for the server and for the nightly job:
#
#   docker build --build-arg PIP_EXTRA_INDEX_URL=ADDRESS -t briefqa .
#   docker run --rm -v "$PWD/docs_in:/srv/briefqa/docs_in:ro" -v briefqa-index:/srv/briefqa/index briefqa reindex
#   docker run -p 8000:8000 -v "$PWD/docs_in:/srv/briefqa/docs_in:ro" -v briefqa-index:/srv/briefqa/index briefqa
#
# ADDRESS is where the CPU builds of torch are; `make setup` says how to find it. constraints.txt keeps CUDA out, so that
# without it the build fails instead of growing by gigabytes. The model's weights come with a package: nothing is
# fetched when it runs.

FROM python:3.11-slim-bookworm AS build
ARG PIP_EXTRA_INDEX_URL=""
# With postgres, the index may lie in a database. Others, by comma: see [project.optional-dependencies] in pyproject.toml.
ARG EXTRAS="postgres"
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src/briefqa/__init__.py src/briefqa/
# What it depends on is a layer of its own, and is made anew only when pyproject.toml or constraints.txt change.
RUN python -m venv /opt/briefqa \
    && /opt/briefqa/bin/python -m pip install --constraint constraints.txt pip \
    && /opt/briefqa/bin/python -m pip install --constraint constraints.txt --build-constraint constraints.txt ".[$EXTRAS]"
COPY src src
RUN /opt/briefqa/bin/python -m pip install --no-deps --force-reinstall --build-constraint constraints.txt .

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home briefqa \
    && install --directory --owner=briefqa --group=briefqa /srv/briefqa /srv/briefqa/docs_in /srv/briefqa/index
COPY --from=build /opt/briefqa /opt/briefqa
COPY briefqa.toml /srv/briefqa/
WORKDIR /srv/briefqa
USER 10001
ENV PATH=/opt/briefqa/bin:$PATH PYTHONUNBUFFERED=1 BRIEFQA_HOST=0.0.0.0
VOLUME ["/srv/briefqa/docs_in", "/srv/briefqa/index"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["briefqa"]
CMD ["serve"]
