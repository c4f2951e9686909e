two() {
  cat <<'SIGNALBOX_END'
two
SIGNALBOX_END
}
