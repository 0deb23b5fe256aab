# One image for `fondaco serve`, and for `fondaco index`, which builds the snapshot to serve.
FROM python:3.11-slim

# OpenMP, for faiss and torch.
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home fondaco && mkdir -p /app /cache /data && chown fondaco /cache /data

WORKDIR /app
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 FONDACO_CACHE=/cache

COPY pyproject.toml constraints.txt README.md LICENSE NOTICE fondaco.py ./
COPY languages languages
COPY indexer indexer
COPY ranking ranking
COPY search search
COPY eval eval
# Editable: modules read tables from their own folder, as in a checkout.
RUN pip install -c constraints.txt -e . && python -m compileall -q languages indexer ranking search eval fondaco.py

USER fondaco
# Unpacks and compiles the weights, so that a container starts in seconds and needs no writable cache.
RUN echo warm | fondaco encode --kind query --out /cache/warm.npy && rm /cache/warm.npy

VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["fondaco"]
CMD ["serve", "--snapshot", "/data/snapshot", "--host", "0.0.0.0", "--port", "8000"]
