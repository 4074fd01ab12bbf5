import type { BinaryArray } from "./wire.js";

type Kind = { readonly dtype: BinaryArray["dtype"]; readonly bytes: number; readonly widened?: (values: ArrayLike<number>) => ArrayBufferView };

const KINDS: Readonly<Record<string, Kind>> = {
  Float64Array: { dtype: "<f8", bytes: 8 },
  Float32Array: { dtype: "<f4", bytes: 4 },
  Int32Array: { dtype: "<i4", bytes: 4 },
  Int16Array: { dtype: "<i2", bytes: 2 },
  Int8Array: { dtype: "|i1", bytes: 1 },
  Uint32Array: { dtype: "<f8", bytes: 8, widened: (values) => Float64Array.from(values) },
  Uint16Array: { dtype: "<i4", bytes: 4, widened: (values) => Int32Array.from(values) },
  Uint8Array: { dtype: "<i2", bytes: 2, widened: (values) => Int16Array.from(values) },
  Uint8ClampedArray: { dtype: "<i2", bytes: 2, widened: (values) => Int16Array.from(values) },
};
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const CHUNK = 3 * 8192; // a multiple of three, so that chunks of base64 can be joined

/** What a typed array is called, whichever window or worker made it. */
export function typedArrayName(value: unknown): string | null {
  if (!ArrayBuffer.isView(value) || "getInt8" in value) return null; // a DataView
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** A typed array as the wire's `{"dtype", "data"}`; null for a kind that it does not have. */
export function binaryOf(array: ArrayBufferView & ArrayLike<number>): BinaryArray | null {
  const kind = KINDS[typedArrayName(array) ?? ""];
  if (!kind) return null;
  const { buffer, byteOffset, byteLength } = kind.widened ? kind.widened(array) : array;
  return { dtype: kind.dtype, data: base64(littleEndian(new Uint8Array(buffer, byteOffset, byteLength), kind.bytes)) };
}

/** Strings as indexes into their categories, in order of first appearance, in the smallest integers that hold them; a hole is missing. */
export function categorical(values: readonly (string | null | undefined)[]): BinaryArray {
  const index = new Map<string, number>();
  const codes = Array.from(values, (value) => {
    if (value === null || value === undefined) return -1;
    const known = index.get(value);
    if (known !== undefined) return known;
    index.set(value, index.size);
    return index.size - 1;
  });
  const Smallest = index.size < 128 ? Int8Array : index.size < 32768 ? Int16Array : Int32Array;
  return { ...binaryOf(Smallest.from(codes))!, categories: [...index.keys()] };
}

function littleEndian(bytes: Uint8Array, size: number): Uint8Array {
  if (LITTLE_ENDIAN || size === 1) return bytes;
  const turned = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) turned[i] = bytes[i - (i % size) + size - 1 - (i % size)]!;
  return turned;
}

function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += CHUNK) {
    const codes = bytes.subarray(i, i + CHUNK) as unknown as number[]; // spread, they would take four times as long
    parts.push(btoa(String.fromCharCode.apply(null, codes)));
  }
  return parts.join("");
}
