import JSON
import Schema

/// What `schema` measures when nothing else is given: the arguments of a call, and a larger result.
enum SchemaSamples {
  static func all() throws -> [SchemaCase] {
    [
      try SchemaCase(
        "arguments", schema: JSON(parsing: argumentsSchema), instances: [Array(arguments.utf8)],
        targetNanoseconds: 250),
      try SchemaCase(
        "inventory", schema: JSON(parsing: inventorySchema), instances: [Array(inventory.utf8)],
        targetNanoseconds: 1_500),
    ]
  }

  /// Six properties, with a pattern and an array, as a tool declares them.
  private static let argumentsSchema = #"""
    {"type": "object", "additionalProperties": false, "required": ["unit", "action"],
     "properties": {
       "unit": {
         "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9@_.:-]{0,120}\\.service$"},
       "action": {"enum": ["start", "stop", "restart", "reload"]},
       "waitSeconds": {"type": "integer", "minimum": 0, "maximum": 120, "default": 10},
       "force": {"type": "boolean", "default": false},
       "reason": {"type": "string", "minLength": 1, "maxLength": 200},
       "labels": {
         "type": "array", "items": {"type": "string", "maxLength": 40}, "maxItems": 16,
         "uniqueItems": true}}}
    """#

  private static let arguments = #"""
    {"unit": "nginx.service", "action": "restart", "waitSeconds": 30, "force": true,
     "reason": "certificate renewed by the night run", "labels": ["web", "tls"]}
    """#

  /// Fifty properties in eight objects and two arrays, with references, formats and an enumeration.
  private static let inventorySchema = #"""
    {"type": "object", "additionalProperties": false,
     "required": ["host", "os", "hardware", "network", "disks", "services", "agent", "collectedAt"],
     "properties": {
       "host": {
         "type": "object", "additionalProperties": false, "required": ["name", "domain", "id"],
         "properties": {
           "name": {"$ref": "#/$defs/name"}, "domain": {"$ref": "#/$defs/name"},
           "id": {"type": "string", "format": "uuid"}, "site": {"$ref": "#/$defs/name"},
           "owner": {"type": "string", "maxLength": 120},
           "isVirtual": {"type": "boolean"}}},
       "os": {
         "type": "object", "additionalProperties": false, "required": ["family", "version"],
         "properties": {
           "family": {"enum": ["linux", "macos", "windows"]},
           "distribution": {"$ref": "#/$defs/name"}, "version": {"type": "string"},
           "kernel": {"type": "string", "maxLength": 64},
           "uptimeSeconds": {"$ref": "#/$defs/count"}, "updates": {"$ref": "#/$defs/count"},
           "isRebootRequired": {"type": "boolean"}}},
       "hardware": {
         "type": "object", "additionalProperties": false, "required": ["cores", "memoryBytes"],
         "properties": {
           "vendor": {"$ref": "#/$defs/name"}, "model": {"$ref": "#/$defs/name"},
           "serial": {"type": "string", "minLength": 4, "maxLength": 40},
           "cores": {"type": "integer", "minimum": 1, "maximum": 1024},
           "memoryBytes": {"$ref": "#/$defs/count"},
           "load": {"type": "number", "minimum": 0},
           "temperature": {"type": ["number", "null"], "minimum": -50, "maximum": 150}}},
       "network": {
         "type": "object", "additionalProperties": false, "required": ["address"],
         "properties": {
           "address": {"type": "string", "format": "ipv4"},
           "gateway": {"type": "string", "format": "ipv4"}, "interface": {"type": "string"},
           "mtu": {"type": "integer", "minimum": 576, "maximum": 65535},
           "isUp": {"type": "boolean"}, "speedMbit": {"$ref": "#/$defs/count"}}},
       "disks": {
         "type": "array", "minItems": 1, "maxItems": 64, "items": {"$ref": "#/$defs/disk"}},
       "services": {
         "type": "object", "additionalProperties": {"enum": ["running", "stopped", "failed"]}},
       "agent": {
         "type": "object", "additionalProperties": false, "required": ["version", "state"],
         "properties": {
           "version": {"type": "string", "maxLength": 32},
           "state": {"enum": ["idle", "busy", "updating"]},
           "sessions": {"$ref": "#/$defs/count"}, "calls": {"$ref": "#/$defs/count"}}},
       "tags": {
         "type": "array", "items": {"$ref": "#/$defs/name"}, "maxItems": 32, "uniqueItems": true},
       "collectedAt": {"type": "string", "format": "date-time"}},
     "$defs": {
       "name": {"type": "string", "minLength": 1, "maxLength": 64},
       "count": {"type": "integer", "minimum": 0},
       "disk": {
         "type": "object", "additionalProperties": false, "required": ["mount", "totalBytes"],
         "properties": {
           "mount": {"type": "string", "minLength": 1},
           "device": {"type": "string", "maxLength": 64}, "totalBytes": {"$ref": "#/$defs/count"},
           "freeBytes": {"$ref": "#/$defs/count"}}}}}
    """#

  private static let inventory = #"""
    {"host": {"name": "web-01", "domain": "example.net", "site": "Basel",
              "id": "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "owner": "operations team of the west",
              "isVirtual": true},
     "os": {"family": "linux", "distribution": "Debian", "version": "12.5",
            "kernel": "6.1.0-18-amd64", "uptimeSeconds": 8640000, "updates": 3,
            "isRebootRequired": false},
     "hardware": {"vendor": "QEMU", "model": "Standard PC", "serial": "VM-00217788", "cores": 8,
                  "memoryBytes": 17179869184, "load": 0.42, "temperature": null},
     "network": {"address": "192.168.17.4", "gateway": "192.168.17.1", "interface": "ens3",
                 "mtu": 1500, "isUp": true, "speedMbit": 10000},
     "disks": [
       {"mount": "/", "device": "/dev/vda1", "totalBytes": 68719476736, "freeBytes": 21474836480},
       {"mount": "/var", "device": "/dev/vdb1", "totalBytes": 274877906944,
        "freeBytes": 137438953472}],
     "services": {"nginx": "running", "postgresql": "running", "cron": "stopped"},
     "agent": {"version": "1.4.2", "state": "idle", "sessions": 0, "calls": 17},
     "tags": ["web", "production"],
     "collectedAt": "2026-03-01T04:15:00Z"}
    """#
}
