#!/usr/bin/env bash
# Documents to training data: extract, synthesize, validate.
#
# Settings come from the environment or from a file .env in this folder (the environment wins):
#   RAW_DATA_DIR     folder with the documents               (raw_data)
#   OUTPUT_DIR       folder for the results                  (data/internal)
#   BASE_URL, MODEL  an OpenAI-compatible endpoint and model (unset: offline, nothing leaves the machine)
#   OPENAI_API_KEY   key for that endpoint, when it needs one
#   BASE_MODEL       model whose tokenizer measures passages (tiny)
#   MAX_TOKENS       most tokens in a passage                (128)
#   CLARA            the clara command                       (clara)
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
      RAW_DATA_DIR|OUTPUT_DIR|BASE_URL|MODEL|OPENAI_API_KEY|BASE_MODEL|MAX_TOKENS|CLARA)
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

drafter=(--llm extractive)
if [[ -n "${BASE_URL:-}" ]]; then
  if [[ -z "${MODEL:-}" ]]; then
    echo "error: BASE_URL is set but MODEL is not: name the model that endpoint serves" >&2
    exit 2
  fi
  drafter=(--base-url "$BASE_URL" --model "$MODEL")
fi

mkdir -p "$output_dir"
echo "1/3 extract $raw_data_dir"
"$clara" extract "$raw_data_dir" --output "$output_dir/raw_knowledge.jsonl"
echo "2/3 synthesize"
"$clara" synthesize "$output_dir/raw_knowledge.jsonl" --output-dir "$output_dir" "${drafter[@]}" \
  --base-model "${BASE_MODEL:-tiny}" --max-tokens "${MAX_TOKENS:-128}"
echo "3/3 validate"
"$clara" data validate "$output_dir/pretrain_data.jsonl" "$output_dir/instruction_data.jsonl" "$output_dir/end_to_end_data.jsonl"
echo "done: $output_dir"
