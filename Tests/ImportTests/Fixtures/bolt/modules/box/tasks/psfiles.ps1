param($user, $_installdir)
Get-Content "$_installdir/motd/files/common.sh"
