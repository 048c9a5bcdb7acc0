/**
 * Writes ONNX models: as much of the protobuf encoding as a graph of float operations needs
 * (https://github.com/onnx/onnx, `onnx/onnx.proto`).
 * @module
 */

/** A node's attribute: an integer, a list of integers, or (marked) a float. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** One operation. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A named float32 input or output. */
export interface GraphValue {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A graph; its constants are float32 scalars or int64 vectors. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly constants: Readonly<Record<string, number | readonly number[]>>;
}

const irVersion = 8;
const operatorSet = 13;
const float32 = 1;
const int64 = 7;
const attributeTypes = { float: 1, int: 2, ints: 7 } as const;

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

const integer = (field: number, value: number) => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field: number, value: Uint8Array) =>
  Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
const text = (field: number, value: string) => bytes(field, Buffer.from(value));
const message = (field: number, ...parts: readonly Uint8Array[]) => bytes(field, Buffer.concat(parts));
function float(field: number, value: number): Uint8Array {
  const encoded = Buffer.alloc(4);
  encoded.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), encoded]);
}

function attributeMessage([name, value]: readonly [string, Attribute]): Uint8Array {
  if (typeof value === 'number') {
    return message(5, text(1, name), integer(3, value), integer(20, attributeTypes.int));
  }
  if ('float' in value) return message(5, text(1, name), float(2, value.float), integer(20, attributeTypes.float));
  return message(5, text(1, name), ...value.map((each) => integer(8, each)), integer(20, attributeTypes.ints));
}

function nodeMessage({ op, inputs, outputs, attributes }: GraphNode): Uint8Array {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, op),
    ...Object.entries(attributes).map(attributeMessage),
  );
}

function valueMessage(field: number, { name, shape }: GraphValue): Uint8Array {
  const dimensions = shape.map((edge) => message(1, integer(1, edge)));
  return message(field, text(1, name), message(2, message(1, integer(1, float32), message(2, ...dimensions))));
}

function constantMessage([name, value]: readonly [string, number | readonly number[]]): Uint8Array {
  if (typeof value === 'number') {
    return message(5, integer(2, float32), text(8, name), bytes(9, new Uint8Array(Float32Array.of(value).buffer)));
  }
  const data = new Uint8Array(BigInt64Array.from(value, BigInt).buffer);
  return message(5, integer(1, value.length), integer(2, int64), text(8, name), bytes(9, data));
}

/** The bytes of a `.onnx` file. */
export function encodeOnnx({ nodes, inputs, outputs, constants }: Graph): Uint8Array {
  return Buffer.concat([
    integer(1, irVersion),
    message(
      7,
      ...nodes.map(nodeMessage),
      text(2, 'step'),
      ...Object.entries(constants).map(constantMessage),
      ...inputs.map((value) => valueMessage(11, value)),
      ...outputs.map((value) => valueMessage(12, value)),
    ),
    message(8, integer(2, operatorSet)),
  ]);
}
