import Catalog
import JSON
import Schema
import Support
import Testing

@testable import Workbench

@Suite struct MCPTests {
  private func exported(_ result: String) throws -> JSON {
    MCPTool(try Sample(result: result).tool()).json
  }

  @Test("a tool is what MCP lists: its names, schemas and the four hints")
  func shape() throws {
    let json = MCPTool(
      try Sample(
        effects: "{readOnly: false, destructive: true, idempotent: false, openWorld: true}"
      ).tool()
    ).json
    #expect(json["name"] == "echo.word" && json["title"] == "Echo a word")
    #expect(json["description"] == "Prints the word that it is given.")
    #expect(json["inputSchema"]?["type"] == "object")
    #expect(json["inputSchema"]?["properties"]?["word"]?["maxLength"] == 100)
    #expect(
      json["annotations"] == [
        "title": "Echo a word", "readOnlyHint": false, "destructiveHint": true,
        "idempotentHint": false, "openWorldHint": true,
      ])
    #expect(
      json.object?.keys == [
        "name", "title", "description", "inputSchema", "outputSchema", "annotations", "_meta",
      ])
  }

  @Test("an object is its own output schema, and anything else is wrapped")
  func wrapping() throws {
    let object = try exported("{parse: json, schema: {type: object, required: [a]}}")
    #expect(object["outputSchema"] == ["type": "object", "required": ["a"]])
    let text = try exported("{parse: text}")
    #expect(
      text["outputSchema"] == [
        "type": "object", "additionalProperties": false, "required": ["result"],
        "properties": ["result": ["type": "string"]],
      ])
  }

  @Test("references of a wrapped schema lead where they led before")
  func references() throws {
    let schema = ##"""
      {type: array, items: {$ref: '#/$defs/item'}, $defs: {item: {type: object,
      required: [name], properties: {name: {type: string}, children: {type: array,
      items: {$ref: '#/$defs/item'}}, $ref: {type: string, const: '#/x'}}}}}
      """##
    let json = try exported("{parse: json, schema: \(schema.filter { $0 != "\n" })}")
    let output = try Schema(try #require(json["outputSchema"]))
    let good = try JSON(
      parsing: ##"{"result":[{"name":"a","children":[{"name":"b","$ref":"#/x"}]}]}"##)
    #expect(output.validate(good).isEmpty)
    let bad = try JSON(parsing: #"{"result":[{"name":"a","children":[{"nom":"b"}]}]}"#)
    #expect(output.validate(bad).map(\.instancePointer) == ["/result/0/children/0/name"])
  }

  @Test("every shipped tool exports with schemas that can be read")
  func shipped() throws {
    let tools = try shippedTools()
    #expect(tools.count > 20)
    for tool in tools {
      let json = MCPTool(tool).json
      _ = try Schema(try #require(json["inputSchema"]))
      let output = try Schema(try #require(json["outputSchema"]))
      #expect(json["outputSchema"]?["type"] == "object")
      for test in tool.tests {
        guard case .evaluation(_, let expected) = test.expectation, let result = expected.result
        else { continue }
        let isObject = tool.result.schema?.json["type"] == "object"
        #expect(output.validate(isObject ? result : ["result": result]).isEmpty)
      }
    }
  }
}
