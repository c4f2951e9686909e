param(
  [ValidateScript({ Test-Path $_ -PathType Leaf })] [System.IO.FileInfo] $File,
  [ValidateLength(2, 15)] [string] $Short,
  [ValidateCount(1, 3)] [ValidateSet('a', 'b', 'c')] [string[]] $Few = @('a'),
  [ValidateRange('Positive')] [int] $Positive = 1,
  [ValidatePattern('(?<=x)y')] [string] $Behind,
  [ValidatePattern('^(true|false)$', Options = 'None')] [string] $Flag = 'maybe',
  [ValidateSet(1, 2, 4)] [int] $Power = 2,
  [ValidateSet([Days])] [string] $Day,
  [Nullable[int]] $Maybe,
  [Parameter(Mandatory)] [AllowEmptyString()] [string] $Empty
)
$Short
