ls | get name
