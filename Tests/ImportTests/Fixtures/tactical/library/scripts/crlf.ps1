param([int]$Count = 3)
1..$Count | ForEach-Object {
  "line $_"
}
