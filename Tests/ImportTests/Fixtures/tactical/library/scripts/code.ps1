param([Parameter(Mandatory)] [scriptblock] $Do)
& $Do
