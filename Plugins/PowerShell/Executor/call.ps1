# Runs one call in a runspace of its own: the script, as the parser read it, with its arguments bound
# by splatting. This is a file because a file is where "exit" stops: after "exit 3" the host finds
# that the end was not reached, and 3 in $LASTEXITCODE. There is no "try" here, because within one
# PowerShell would end at errors that it otherwise goes on after. The preference is for the statements
# of this file: modules that cannot be loaded, arguments that cannot be bound, and a script that ends
# itself by an error, do not reach the end. It is private, so nothing of the script sees it.
$private:ErrorActionPreference = 'Stop'
$private:signalboxNamed = $args[0].Named
$private:signalboxListed = $args[0].Listed
if ($args[0].Modules) { Import-Module -FullyQualifiedName $args[0].Modules -DisableNameChecking }
$args[0].IsCalled = $true
& $args[0].Ast.GetScriptBlock() @signalboxNamed @signalboxListed
$args[0].ReachedEnd = $true
