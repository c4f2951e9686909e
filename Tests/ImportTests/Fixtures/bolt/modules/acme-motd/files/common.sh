fail() {
  echo "{\"_error\": \"$1\"}"
  exit 1
}
