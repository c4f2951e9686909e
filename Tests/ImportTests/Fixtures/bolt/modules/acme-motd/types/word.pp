# a word
type Motd::Word = Pattern[/^[a-z]+$/]
