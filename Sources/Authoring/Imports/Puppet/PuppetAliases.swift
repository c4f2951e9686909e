/// Types of modules that nearly every task author has, by what they stand for.
enum PuppetAliases {
  private static let sources: [String: String] = [
    "Stdlib::Absolutepath": "Variant[Stdlib::Windowspath, Stdlib::Unixpath]",
    "Stdlib::Unixpath": "Pattern[/^\\//]",
    "Stdlib::Windowspath": "Pattern[/^([A-Za-z]:[\\\\\\/]|\\\\\\\\)/]",
    "Stdlib::Filemode": "Pattern[/^[0-7]{3,4}$/]",
    "Stdlib::Port": "Integer[0, 65535]",
    "Stdlib::Port::Privileged": "Integer[1, 1023]",
    "Stdlib::Port::Unprivileged": "Integer[1024, 65535]",
    "Stdlib::HTTPUrl": "Pattern[/^[Hh][Tt][Tt][Pp][Ss]?:\\/\\//]",
    "Stdlib::HTTPSUrl": "Pattern[/^[Hh][Tt][Tt][Pp][Ss]:\\/\\//]",
    "Stdlib::Httpurl": "Stdlib::HTTPUrl",
    "Stdlib::Httpsurl": "Stdlib::HTTPSUrl",
    "Stdlib::Fqdn": "Pattern[/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/]",
    "Stdlib::Host": "String[1, 255]",
    "Stdlib::IP::Address": "String[2, 49]",
    "Stdlib::IP::Address::Nosubnet": "String[2, 45]",
    "Stdlib::IP::Address::V4": "Pattern[/^[0-9.\\/]+$/]",
    "Stdlib::IP::Address::V6": "Pattern[/^[0-9A-Fa-f:.\\/]+$/]",
    "Stdlib::Email": "Pattern[/^[^@ ]+@[^@ ]+$/]",
    "Stdlib::MAC": "Pattern[/^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/]",
    "Stdlib::Base64": "Pattern[/^[A-Za-z0-9+\\/=]+$/]",
    "Stdlib::Ensure::Service": "Enum[running, stopped]",
    "Stdlib::Ensure::File": "Enum[present, file, directory, link, absent]",
    "Stdlib::Ensure::Package": "String[1]",
    "Stdlib::Yes_no": "Pattern[/^([Yy][Ee][Ss]|[Nn][Oo])$/]",
    "Stdlib::CreateResources": "Hash[String[1], Hash[String[1], Any]]",
    "Stdlib::Datasize": "Pattern[/^[0-9]+[kKmMgGtT]?[bB]?$/]",
  ]

  static func source(of name: String) -> String? { sources[name] }
}
