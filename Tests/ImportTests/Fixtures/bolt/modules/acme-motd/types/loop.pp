type Motd::Loop = Array[Motd::Loop]
