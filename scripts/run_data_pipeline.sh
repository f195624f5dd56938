#!/usr/bin/env bash
# Documents to training data: `clara pipeline run` with its settings from the environment.
#
# Settings come from the environment or from a file .env in this folder (the environment wins):
#   RAW_DATA_DIR     folder with the documents               (raw_data)
#   OUTPUT_DIR       folder for the results                  (data/internal)
#   BASE_URL, MODEL  an OpenAI-compatible endpoint and model (unset: offline, nothing leaves the machine)
#   VISION_MODEL     a model there that describes pictures   (unset: pictures are not described)
#   OPENAI_API_KEY   key for that endpoint, when it needs one
#   BASE_MODEL       model whose tokenizer measures passages (tiny)
#   MAX_TOKENS       most tokens in a passage                (128)
#   EVAL_FRACTION    share of the documents kept apart       (0)
#   CLARA            the clara command                       (clara)
# Options given to the script are passed on: scripts/run_data_pipeline.sh --dry-run
set -euo pipefail

# KEY=value lines only: the file is read, never run, so nothing in it can be executed
load_env() {
  local line key value
  while IFS= read -r line || [[ -n "$line" ]]; do
    line="${line%$'\r'}"
    [[ "$line" =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || continue
    key="${BASH_REMATCH[2]}"
    value="${BASH_REMATCH[3]}"
    if [[ "$value" =~ ^\"(.*)\"[[:space:]]*$ || "$value" =~ ^\'(.*)\'[[:space:]]*$ ]]; then
      value="${BASH_REMATCH[1]}"
    else
      value="${value%%[[:space:]]#*}"
      value="${value%"${value##*[![:space:]]}"}"
    fi
    case "$key" in
      RAW_DATA_DIR|OUTPUT_DIR|BASE_URL|MODEL|VISION_MODEL|OPENAI_API_KEY|BASE_MODEL|MAX_TOKENS|EVAL_FRACTION|CLARA)
        [[ -n "${!key+set}" ]] || export "$key=$value" ;;
    esac
  done < "$1"
}

if [[ -f .env ]]; then
  load_env .env
fi

raw_data_dir="${RAW_DATA_DIR:-raw_data}"
output_dir="${OUTPUT_DIR:-data/internal}"
clara="${CLARA:-clara}"

if [[ ! -d "$raw_data_dir" ]]; then
  echo "error: $raw_data_dir is not a folder; put your documents there or set RAW_DATA_DIR" >&2
  exit 2
fi
if ! command -v "$clara" > /dev/null; then
  echo "error: the command $clara is not installed; run: pip install 'clara-rag[data]'" >&2
  exit 2
fi
if [[ -n "${BASE_URL:-}" && -z "${MODEL:-}" ]]; then
  echo "error: BASE_URL is set but MODEL is not: name the model that endpoint serves" >&2
  exit 2
fi

endpoint=()
if [[ -n "${BASE_URL:-}" ]]; then
  endpoint=(--base-url "$BASE_URL" --model "$MODEL" --vision-model "${VISION_MODEL:-}")
fi
exec "$clara" pipeline run "$raw_data_dir" --output "$output_dir" ${endpoint[@]+"${endpoint[@]}"} \
  --base-model "${BASE_MODEL:-tiny}" --max-tokens "${MAX_TOKENS:-128}" --eval-fraction "${EVAL_FRACTION:-0}" "$@"
