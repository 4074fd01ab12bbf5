#!/bin/sh
# examples/recipes/curl.sh FILE.csv: a CSV file in, the summary out. RECTIFIER_URL and RECTIFIER_KEY come from the
# environment; the key is no argument of curl, which other users of the machine could read. --retry waits as long as
# Retry-After says; posting twice is harmless.
set -eu
answer=$(printf 'X-API-Key: %s\n' "${RECTIFIER_KEY:-}" | curl --silent --show-error --fail-with-body --max-time 10 \
  --retry 3 --retry-max-time 30 "${RECTIFIER_URL:-http://localhost:8000}/v1/calibrations" \
  -H @- -H 'Content-Type: text/csv' --data-binary @"$1" \
  --url-query 'plan={"identification": "exchangeability", "control": "control"}' \
  --url-query 'data={"layout": "table", "prediction_design": "shared", "arm": "arm", "outcomes": {"trust": "trust"},
    "predictions": [{"model": "gpt", "arm": "control", "values": "gpt_control"},
                    {"model": "gpt", "arm": "treatment", "values": "gpt_treatment"}]}') || {
  printf '%s\n' "$answer" >&2
  exit 1
}
printf '%s\n' "$answer" | sed 's/.*"summary":{\([^}]*\)}.*/\1/' | tr , '\n'
