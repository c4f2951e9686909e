[CmdletBinding()]
Param(
  [String]$message = "",
  [Int]$timeout = 3
)
"$message $timeout"
