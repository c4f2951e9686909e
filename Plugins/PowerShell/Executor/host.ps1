# The PowerShell host of Signalbox. One process of it runs many calls, one after another, each in a
# runspace of its own, and tells on a private channel what came of them. docs/POWERSHELL.md has the
# protocol.
#
# It is written for Windows PowerShell 5.1 and for PowerShell 7 on every platform: no syntax and no
# parameter that only one of them knows, and ASCII alone, because 5.1 reads a file without a byte
# order mark by the code page of the machine. To try it by hand: scripts/test-powershell.

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$invariant = [System.Globalization.CultureInfo]::InvariantCulture
$utf8 = New-Object System.Text.UTF8Encoding($false)
$protocol = 1

# How far an object is opened when it becomes JSON. One of .NET costs more than one of the script's
# own, since such objects refer to half of the process.
$maxDepth = 8
$costOfOwn = 1
$costOfForeign = 4
# Members in one object of the output, all levels together.
$maxMembers = 20000
# Characters in one message of the channel; longer texts go in parts.
$maxCharacters = 1000000
# How often the streams of a running script are looked at: the error of their times.
$pollMilliseconds = 10

# --- The channel ---------------------------------------------------------------------------------
# A named pipe, which .NET has on every platform (a socket of the file system on Unix), so standard
# input, output and error stay the scripts' own. All lines are ASCII: text is base 64 of UTF-8, so
# that no code page matters, and no JSON parser takes a date out of it, as PowerShell's own does.

function Send-Line([string] $line) {
  $script:writer.Write($line)
  $script:writer.Write("`n")
}

function Get-Coded([string] $text) {
  return [System.Convert]::ToBase64String($utf8.GetBytes($text))
}

function Get-Text([string] $coded) {
  return $utf8.GetString([System.Convert]::FromBase64String($coded))
}

function Get-Microseconds {
  return [long][System.Math]::Floor(([System.DateTime]::UtcNow.Ticks - 621355968000000000L) / 10)
}

# --- Arguments -----------------------------------------------------------------------------------
# A value names its type: {"string": "YWRh"}, {"integer": "12"}, {"number": "0.10"},
# {"boolean": true}, {"null": true}, {"array": [...]}, {"object": [["bmFtZQ==", ...], ...]}.

function Get-Value($typed) {
  $member = @($typed.PSObject.Properties)[0]
  switch ($member.Name) {
    'string' { return (Get-Text $member.Value) }
    'boolean' { return [bool]$member.Value }
    'null' { return $null }
    'integer' {
      $whole = [long]0
      $style = [System.Globalization.NumberStyles]::AllowLeadingSign
      if ([long]::TryParse($member.Value, $style, $invariant, [ref]$whole)) { return $whole }
      return [bigint]::Parse($member.Value, $style, $invariant)
    }
    'number' {
      # A decimal keeps what was written: 0.10 stays 0.10.
      $exact = [decimal]0
      $style = [System.Globalization.NumberStyles]::Float
      if ([decimal]::TryParse($member.Value, $style, $invariant, [ref]$exact)) { return $exact }
      return [double]::Parse($member.Value, $style, $invariant)
    }
    'array' {
      $items = New-Object System.Collections.ArrayList
      foreach ($item in @($member.Value)) { [void]$items.Add((Get-Value $item)) }
      # The comma keeps an array of one element an array.
      return , $items.ToArray()
    }
    'object' {
      $table = @{}
      foreach ($pair in @($member.Value)) { $table[(Get-Text $pair[0])] = Get-Value $pair[1] }
      return $table
    }
  }
  throw "a value of the unknown type $($member.Name)"
}

# --- Output as JSON ------------------------------------------------------------------------------

function Get-Quoted([string] $text) {
  $out = New-Object System.Text.StringBuilder
  [void]$out.Append('"')
  foreach ($character in $text.ToCharArray()) {
    $code = [int]$character
    if ($code -eq 34 -or $code -eq 92) { [void]$out.Append('\').Append($character) }
    elseif ($code -lt 32 -or $code -eq 127) { [void]$out.Append('\u').Append($code.ToString('x4')) }
    else { [void]$out.Append($character) }
  }
  return $out.Append('"').ToString()
}

# Writes a value once, to a stated depth. What lies deeper becomes its text, and $script:isCut tells.
function Add-Json($out, $value, [int] $depth) {
  $script:members++
  if ($null -eq $value -or $value -is [System.DBNull]) { [void]$out.Append('null'); return }
  $base = $value.PSObject.BaseObject
  if ($base -is [bool]) { [void]$out.Append($base.ToString().ToLowerInvariant()); return }
  if ($base -is [string] -or $base -is [char] -or $base -is [enum]) {
    [void]$out.Append((Get-Quoted $base.ToString()))
    return
  }
  if ($base -is [datetime]) {
    $moment = $base.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ', $invariant)
    [void]$out.Append('"').Append($moment).Append('"')
    return
  }
  if ($base -is [System.DateTimeOffset]) {
    $moment = $base.UtcDateTime.ToString('yyyy-MM-ddTHH:mm:ss.fffZ', $invariant)
    [void]$out.Append('"').Append($moment).Append('"')
    return
  }
  if ($base -is [double] -or $base -is [single]) {
    # JSON has neither of these.
    if ([double]::IsNaN($base) -or [double]::IsInfinity($base)) { [void]$out.Append('null') }
    else { [void]$out.Append($base.ToString('R', $invariant)) }
    return
  }
  if ($base -is [decimal] -or $base -is [bigint] -or $base.GetType().IsPrimitive) {
    [void]$out.Append($base.ToString($invariant))
    return
  }
  $isText = $base -is [guid] -or $base -is [uri] -or $base -is [version] -or
    $base -is [timespan] -or $base -is [type] -or $base -is [scriptblock] -or
    $base -is [System.Net.IPAddress] -or $base -is [System.Security.SecureString]
  if ($isText) { [void]$out.Append((Get-Quoted $base.ToString())); return }
  if ($base -is [System.Xml.XmlNode]) { [void]$out.Append((Get-Quoted $base.OuterXml)); return }
  if ($depth -le 0 -or $script:members -gt $maxMembers) {
    $script:isCut = $true
    [void]$out.Append((Get-Quoted $base.ToString()))
    return
  }
  $isFirst = $true
  if ($base -is [System.Collections.IDictionary]) {
    [void]$out.Append('{')
    foreach ($entry in $base.GetEnumerator()) {
      if (-not $isFirst) { [void]$out.Append(',') }
      $isFirst = $false
      [void]$out.Append((Get-Quoted ([string]$entry.Key))).Append(':')
      Add-Json $out $entry.Value ($depth - $costOfOwn)
    }
    [void]$out.Append('}')
    return
  }
  if ($base -is [System.Collections.IEnumerable]) {
    [void]$out.Append('[')
    foreach ($item in $base) {
      if (-not $isFirst) { [void]$out.Append(',') }
      $isFirst = $false
      Add-Json $out $item ($depth - $costOfOwn)
    }
    [void]$out.Append(']')
    return
  }
  $cost = $costOfForeign
  if ($base -is [System.Management.Automation.PSCustomObject]) { $cost = $costOfOwn }
  [void]$out.Append('{')
  foreach ($property in $value.PSObject.Properties) {
    if (-not $property.IsGettable) { continue }
    # Properties of .NET may throw: a process that is gone has no start time.
    $inner = $null
    try { $inner = $property.Value } catch { $inner = $null }
    if (-not $isFirst) { [void]$out.Append(',') }
    $isFirst = $false
    [void]$out.Append((Get-Quoted $property.Name)).Append(':')
    Add-Json $out $inner ($depth - $cost)
  }
  [void]$out.Append('}')
}

# --- The streams ---------------------------------------------------------------------------------

function Send-Record([string] $stream, [string] $text, [long] $at, [string] $more) {
  $start = 0
  do {
    $count = [System.Math]::Min($maxCharacters, $text.Length - $start)
    $isPart = $start + $count -lt $text.Length
    # A pair of surrogates stays together.
    if ($isPart -and [char]::IsHighSurrogate($text[$start + $count - 1])) { $count-- }
    $script:records++
    Send-Line ('{"event":"record","number":' + $script:records + ',"stream":"' + $stream +
      '","at":' + $at + ',"part":' + $isPart.ToString().ToLowerInvariant() + $more +
      ',"text":"' + (Get-Coded $text.Substring($start, $count)) + '"}')
    $start += $count
  } while ($start -lt $text.Length)
}

# Text is a line of output as it is; anything else is a line of JSON. So one object and many look
# alike, and an array of one element is not lost.
function Send-Output($object) {
  $at = Get-Microseconds
  if ($null -eq $object) { return }
  $base = $object.PSObject.BaseObject
  if ($base.GetType().FullName -like 'Microsoft.PowerShell.Commands.Internal.Format.*') {
    # What Format-Table and its like leave: instructions, which become text when all are there.
    [void]$script:instructions.Add($object)
    if ($base.GetType().Name -eq 'FormatEndData') { Send-Formatted }
    return
  }
  if ($base -is [string]) { Send-Record 'output' $base $at ''; return }
  $out = New-Object System.Text.StringBuilder
  $script:members = 0
  try {
    Add-Json $out $object $maxDepth
  } catch {
    # An object that cannot be looked at, such as a list that changed meanwhile, is told by its text.
    $script:isCut = $true
    $out = New-Object System.Text.StringBuilder
    [void]$out.Append((Get-Quoted $base.ToString()))
  }
  Send-Record 'output' $out.ToString() $at ''
}

function Send-Formatted {
  $lines = @($script:instructions | Out-String -Stream -Width 512)
  $script:instructions.Clear()
  foreach ($line in $lines) { Send-Record 'output' ([string]$line).TrimEnd() (Get-Microseconds) '' }
}

function Get-ErrorText($record) {
  $text = $record.Exception.Message
  if ($record.ErrorDetails -and $record.ErrorDetails.Message) { $text = $record.ErrorDetails.Message }
  $place = $record.InvocationInfo
  # A place in our own file is none of the author's.
  if ($place -and $place.ScriptLineNumber -gt 0 -and $place.ScriptName -ne $script:runner) {
    $text += ' (line ' + $place.ScriptLineNumber + ', column ' + $place.OffsetInLine + ')'
  }
  return $text + ' [' + $record.FullyQualifiedErrorId + ']'
}

function Send-Error($record, [string] $kind, [string] $why) {
  $at = Get-Microseconds
  # Lines that a program wrote to its standard error come as errors, and are none of PowerShell.
  if ($kind -ne 'terminating' -and $record.FullyQualifiedErrorId -like 'NativeCommandError*') {
    Send-Record 'native' $record.Exception.Message $at ''
    return
  }
  if ($kind -ne 'terminating') { $script:errors++ }
  Send-Record 'error' ($why + (Get-ErrorText $record)) $at (',"kind":"' + $kind + '"')
}

function Send-Streams($shell, $output) {
  foreach ($object in $output.ReadAll()) { Send-Output $object }
  foreach ($record in $shell.Streams.Error.ReadAll()) { Send-Error $record 'nonTerminating' '' }
  foreach ($record in $shell.Streams.Warning.ReadAll()) {
    Send-Record 'warning' $record.Message (Get-Microseconds) ''
  }
  foreach ($record in $shell.Streams.Verbose.ReadAll()) {
    Send-Record 'verbose' $record.Message (Get-Microseconds) ''
  }
  foreach ($record in $shell.Streams.Debug.ReadAll()) {
    Send-Record 'debug' $record.Message (Get-Microseconds) ''
  }
  foreach ($record in $shell.Streams.Information.ReadAll()) {
    Send-Record 'information' ([string]$record.MessageData) (Get-Microseconds) ''
  }
  $script:writer.Flush()
}

# --- A call --------------------------------------------------------------------------------------

function Send-Refusal($request, [string] $reason, [int] $line, [int] $column, [string] $text) {
  Send-Line ('{"event":"refused","call":"' + $request.call + '","reason":"' + $reason +
    '","line":' + $line + ',"column":' + $column + ',"text":"' + (Get-Coded $text) + '"}')
  $script:writer.Flush()
}

# The arguments that the script declares, by their names. Others do not go to it this way.
function Get-Named($ast, $request) {
  $given = @{}
  foreach ($pair in @($request.parameters)) { $given[(Get-Text $pair[0])] = $pair[1] }
  $named = @{}
  if ($null -eq $ast.ParamBlock) { return $named }
  foreach ($parameter in $ast.ParamBlock.Parameters) {
    $name = $parameter.Name.VariablePath.UserPath
    if ($given.ContainsKey($name)) { $named[$name] = Get-Value $given[$name] }
  }
  return $named
}

# A mandatory parameter that nothing is given for: PowerShell would ask somebody for it.
function Get-Missing($ast, $named, $request) {
  if ($null -eq $ast.ParamBlock -or @($request.arguments).Count -gt 0) { return $null }
  foreach ($parameter in $ast.ParamBlock.Parameters) {
    if ($named.ContainsKey($parameter.Name.VariablePath.UserPath)) { continue }
    foreach ($attribute in $parameter.Attributes) {
      if ($attribute -isnot [System.Management.Automation.Language.AttributeAst]) { continue }
      foreach ($argument in $attribute.NamedArguments) {
        if ($argument.ArgumentName -ne 'Mandatory') { continue }
        if ($argument.ExpressionOmitted -or $argument.Argument.Extent.Text -eq '$true') {
          return $parameter
        }
      }
    }
  }
  return $null
}

# Whether a module could be loaded. A path is for the loading itself to find.
function Test-Module($module) {
  if ($module.Name -match '[\\/]') { return $true }
  $options = @{
    FullyQualifiedName = $module; ListAvailable = $true; ErrorAction = 'SilentlyContinue'
  }
  # PowerShell 7 may load one of Windows PowerShell's in a process of that.
  if ($script:edition -ne 'Desktop') { $options.SkipEditionCheck = $true }
  return @(Get-Module @options).Count -gt 0
}

# What the script says it requires, and is not there. PowerShell itself looks at "#Requires" in files
# alone, and the text of a tool is none. The rules are its own: an edition of several is enough, and
# elevation counts on Windows.
function Get-Unmet($requirements) {
  $unmet = New-Object System.Collections.ArrayList
  $wanted = $requirements.RequiredPSVersion
  $own = $PSVersionTable.PSVersion
  if ($null -ne $wanted) {
    $isOlder = $own.Major -lt $wanted.Major -or
      ($own.Major -eq $wanted.Major -and $own.Minor -lt $wanted.Minor)
    if ($isOlder) { [void]$unmet.Add("PowerShell $wanted, and this is $own") }
  }
  $editions = @($requirements.RequiredPSEditions | Where-Object { $_ })
  if ($editions.Count -gt 0 -and $editions -notcontains $script:edition) {
    [void]$unmet.Add('the edition ' + ($editions -join ' or ') + ', and this is ' + $script:edition)
  }
  foreach ($module in $requirements.RequiredModules) {
    if (-not (Test-Module $module)) { [void]$unmet.Add("the module $module, which is not installed") }
  }
  foreach ($snapIn in $requirements.RequiresPSSnapIns) {
    [void]$unmet.Add('the snap-in ' + $snapIn.Name + ', and a host has none')
  }
  $shell = $requirements.RequiredApplicationId
  if ($shell -and $shell -ne 'Microsoft.PowerShell') {
    [void]$unmet.Add("the shell $shell, and this is Microsoft.PowerShell")
  }
  if ($requirements.IsElevationRequired -and [System.IO.Path]::DirectorySeparatorChar -eq '\') {
    $user = New-Object System.Security.Principal.WindowsPrincipal(
      [System.Security.Principal.WindowsIdentity]::GetCurrent())
    if (-not $user.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
      [void]$unmet.Add('the rights of an administrator')
    }
  }
  return $unmet.ToArray()
}

# $null would come as an empty string, which .NET 9 and later set as it is.
function Remove-EnvironmentVariable([string] $name) {
  [System.Environment]::SetEnvironmentVariable($name, [NullString]::Value)
}

function Set-Surroundings($request) {
  foreach ($pair in @($request.environment)) {
    # Before .NET 9 an empty value removes the variable.
    [System.Environment]::SetEnvironmentVariable((Get-Text $pair[0]), (Get-Text $pair[1]))
  }
  $text = ''
  if ($null -ne $request.input) { $text = Get-Text $request.input }
  [System.Console]::SetIn((New-Object System.IO.StringReader($text)))
}

# What the call changed of the process: variables of its environment, and the working directory.
function Reset-Surroundings {
  $now = [System.Environment]::GetEnvironmentVariables()
  foreach ($name in @($now.Keys)) {
    if (-not $script:environment.Contains($name)) { Remove-EnvironmentVariable $name }
  }
  foreach ($name in @($script:environment.Keys)) {
    if ($now[$name] -cne $script:environment[$name]) {
      [System.Environment]::SetEnvironmentVariable($name, $script:environment[$name])
    }
  }
  [System.Environment]::CurrentDirectory = $script:startDirectory
  [System.Console]::SetIn((New-Object System.IO.StringReader('')))
}

# By its literal path: the API of a session takes wildcards alone.
function Set-Directory($runspace, [string] $directory) {
  $shell = [System.Management.Automation.PowerShell]::Create()
  $shell.Runspace = $runspace
  [void]$shell.AddCommand('Set-Location').AddParameter('LiteralPath', $directory)
  [void]$shell.Invoke()
  if ($shell.Streams.Error.Count -gt 0) { throw $shell.Streams.Error[0].Exception }
  $shell.Dispose()
}

function New-Runspace([string] $directory) {
  $state = [System.Management.Automation.Runspaces.InitialSessionState]::CreateDefault()
  $runspace = [System.Management.Automation.Runspaces.RunspaceFactory]::CreateRunspace($state)
  # As the console has it there; COM objects expect it.
  if ($script:edition -eq 'Desktop') { $runspace.ApartmentState = 'STA' }
  $runspace.ThreadOptions = 'ReuseThread'
  $runspace.Open()
  $session = $runspace.SessionStateProxy
  Set-Directory $runspace $directory
  # Progress bars cost Windows PowerShell more than the work that they show.
  $session.SetVariable('ProgressPreference', 'SilentlyContinue')
  $session.SetVariable('OutputEncoding', $utf8)
  $style = $session.GetVariable('PSStyle')
  if ($null -ne $style) { $style.OutputRendering = 'PlainText' }
  return $runspace
}

# What an error means that came before the first statement of the script; nothing for a later one.
function Get-Unbegun($call, $reason) {
  if (-not $call.IsCalled) { return 'the script has not begun: ' }
  $isBinding = $reason -is [System.Management.Automation.ParameterBindingException]
  $place = $reason.ErrorRecord.InvocationInfo
  # What the author's script binds itself is in no file, or in a module's.
  if ($isBinding -and $place -and $place.ScriptName -eq $script:runner) {
    return 'the script has not begun: its parameters do not take the arguments: '
  }
  return ''
}

function Invoke-Call($request) {
  $tokens = $null
  $faults = $null
  $text = Get-Text $request.script
  $ast = [System.Management.Automation.Language.Parser]::ParseInput(
    $text, [ref]$tokens, [ref]$faults)
  if ($faults.Count -gt 0) {
    $place = $faults[0].Extent
    Send-Refusal $request 'script.syntax' $place.StartLineNumber $place.StartColumnNumber `
      $faults[0].Message
    return
  }
  $modules = @()
  if ($null -ne $ast.ScriptRequirements) {
    $modules = @($ast.ScriptRequirements.RequiredModules)
    $unmet = @(Get-Unmet $ast.ScriptRequirements)
    if ($unmet.Count -gt 0) {
      $isSaid = { $_.Kind -eq 'Comment' -and $_.Text -like '#requires*' }
      $place = @($tokens | Where-Object $isSaid)[0].Extent
      Send-Refusal $request 'script.requires' $place.StartLineNumber $place.StartColumnNumber `
        ($unmet -join '; ')
      return
    }
  }
  $named = Get-Named $ast $request
  $missing = Get-Missing $ast $named $request
  if ($null -ne $missing) {
    $place = $missing.Extent
    Send-Refusal $request 'script.parameter' $place.StartLineNumber $place.StartColumnNumber `
      ('nothing is given for the mandatory parameter ' + $missing.Name.VariablePath.UserPath)
    return
  }
  $listed = New-Object System.Collections.ArrayList
  foreach ($value in @($request.arguments)) { [void]$listed.Add((Get-Value $value)) }
  $call = @{
    Ast = $ast; Modules = $modules; Named = $named; Listed = $listed.ToArray()
    IsCalled = $false; ReachedEnd = $false; LastExitCode = $null
  }

  $script:records = 0
  $script:errors = 0
  $script:isCut = $false
  $script:instructions.Clear()
  $process = [System.Diagnostics.Process]::GetCurrentProcess()
  $userBefore = $process.UserProcessorTime
  $systemBefore = $process.PrivilegedProcessorTime
  $runspace = New-Runspace (Get-Text $request.directory)
  Set-Surroundings $request
  $shell = [System.Management.Automation.PowerShell]::Create()
  $shell.Runspace = $runspace
  # The text is ours and always the same; the author's script and all arguments come as objects.
  [void]$shell.AddScript('& $args[0] $args[1]; $args[1].LastExitCode = $LASTEXITCODE')
  [void]$shell.AddArgument($script:runner).AddArgument($call)
  $nothing = New-Object 'System.Management.Automation.PSDataCollection[psobject]'
  $nothing.Complete()
  $output = New-Object 'System.Management.Automation.PSDataCollection[psobject]'

  # On the channel before the script begins: a host that dies without this line has run nothing.
  Send-Line ('{"event":"running","call":"' + $request.call + '","at":' + (Get-Microseconds) + '}')
  $script:writer.Flush()
  $running = $shell.BeginInvoke($nothing, $output)
  $isOver = $false
  while (-not $isOver) {
    $isOver = $running.AsyncWaitHandle.WaitOne($pollMilliseconds)
    Send-Streams $shell $output
    if (-not $isOver) { Read-Stop $shell }
  }

  $how = 'end'
  $state = $shell.InvocationStateInfo
  if ($state.State -eq 'Stopped') {
    $how = 'stopped'
  } elseif ($state.State -eq 'Failed') {
    $how = 'error'
    $reason = $state.Reason
    if ($reason -is [System.Management.Automation.IContainsErrorRecord]) {
      Send-Error $reason.ErrorRecord 'terminating' (Get-Unbegun $call $reason)
    } else {
      Send-Record 'error' ([string]$reason) (Get-Microseconds) ',"kind":"terminating"'
    }
  } elseif (-not $call.IsCalled) {
    # What became of our own file, such as a policy that forbids it, is in the error before.
    $how = 'error'
    Send-Record 'error' 'the script has not begun' (Get-Microseconds) ',"kind":"terminating"'
  } elseif (-not $call.ReachedEnd) {
    $how = 'exit'
  }
  if ($script:instructions.Count -gt 0) { Send-Formatted }
  # Of a script that came to its end it is known whether it ran a program.
  if ($script:consoleFault -and ($how -ne 'end' -or $null -ne $call.LastExitCode)) {
    $note = 'the console is not UTF-8 (' + $script:consoleFault +
      '): the text of programs was read by its code page, and may be wrong'
    Send-Record 'warning' $note (Get-Microseconds) ''
  }
  if ($script:isCut) {
    $note = 'an object of the output is cut: over ' + $maxDepth + ' levels, over ' + $maxMembers +
      ' members, or not readable'
    Send-Record 'warning' $note (Get-Microseconds) ''
  }
  [System.Console]::Out.Flush()
  [System.Console]::Error.Flush()
  $code = 'null'
  if ($null -ne $call.LastExitCode) { $code = ([long]$call.LastExitCode).ToString($invariant) }
  $process.Refresh()
  $user = [long](($process.UserProcessorTime - $userBefore).TotalMilliseconds * 1000)
  $system = [long](($process.PrivilegedProcessorTime - $systemBefore).TotalMilliseconds * 1000)
  Send-Line ('{"event":"ended","call":"' + $request.call + '","nonce":"' + $request.nonce +
    '","how":"' + $how + '","code":' + $code + ',"errors":' + $script:errors + ',"records":' +
    $script:records + ',"cpuUserUs":' + $user + ',"cpuSystemUs":' + $system + '}')
  $script:writer.Flush()

  $shell.Dispose()
  $runspace.Dispose()
  Reset-Surroundings
  [System.GC]::Collect()
  $process.Refresh()
  Send-Line ('{"event":"idle","workingSetBytes":' + $process.WorkingSet64 + '}')
  $script:writer.Flush()
}

# What arrives while a script runs: the wish to end it, or the end of the channel.
function Read-Stop($shell) {
  if (-not $script:pending.IsCompleted) { return }
  $line = $script:pending.GetAwaiter().GetResult()
  if ($null -eq $line) { [System.Environment]::Exit(0) }
  $script:pending = $script:reader.ReadLineAsync()
  $request = ConvertFrom-Json -InputObject $line
  if ($request.request -eq 'stop') { [void]$shell.BeginStop($null, $null) }
}

# --- Serving -------------------------------------------------------------------------------------

# Neither is for the scripts' eyes.
$channel = $env:SIGNALBOX_CHANNEL
$token = $env:SIGNALBOX_TOKEN
Remove-EnvironmentVariable 'SIGNALBOX_CHANNEL'
Remove-EnvironmentVariable 'SIGNALBOX_TOKEN'

# Programs write and read UTF-8 in this console, whatever its code page was. On Windows there may be
# no console, and nothing to set: the calls that it matters to say so.
$consoleFault = $null
try {
  [System.Console]::OutputEncoding = $utf8
  [System.Console]::InputEncoding = $utf8
} catch {
  $consoleFault = $_.Exception.GetBaseException().Message.Trim()
}

$edition = 'Desktop'
if ($PSVersionTable.ContainsKey('PSEdition')) { $edition = $PSVersionTable.PSEdition }
$runner = Join-Path $PSScriptRoot 'call.ps1'
$startDirectory = [System.Environment]::CurrentDirectory
$environment = [System.Environment]::GetEnvironmentVariables()
$instructions = New-Object System.Collections.ArrayList
$records = 0
$errors = 0
$members = 0
$isCut = $false

$pipe = New-Object System.IO.Pipes.NamedPipeClientStream('.', $channel,
  [System.IO.Pipes.PipeDirection]::InOut, [System.IO.Pipes.PipeOptions]::Asynchronous)
$pipe.Connect(10000)
$ascii = [System.Text.Encoding]::ASCII
$reader = New-Object System.IO.StreamReader($pipe, $ascii, $false, 65536)
$writer = New-Object System.IO.StreamWriter($pipe, $ascii, 65536)
$own = [System.Diagnostics.Process]::GetCurrentProcess()
Send-Line ('{"event":"hello","protocol":' + $protocol + ',"token":"' + $token + '","version":"' +
  $PSVersionTable.PSVersion + '","edition":"' + $edition + '","pid":' + $PID +
  ',"workingSetBytes":' + $own.WorkingSet64 + '}')
$writer.Flush()

$pending = $reader.ReadLineAsync()
while ($true) {
  $line = $pending.GetAwaiter().GetResult()
  if ($null -eq $line) { break }
  $pending = $reader.ReadLineAsync()
  $request = ConvertFrom-Json -InputObject $line
  if ($request.request -eq 'run') { Invoke-Call $request }
  elseif ($request.request -eq 'leave') { break }
  # A wish to stop a script that has ended meanwhile is no error.
}
[System.Environment]::Exit(0)
