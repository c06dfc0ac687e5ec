/** A module with the ABI's exports whose calls do as they are told; written by hand, since no compiler is needed for it. */
export function tinyModule(abi: number, callTraps: boolean, pages = 2): Uint8Array {
  const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
  const section = (id: number, ...items: number[][]): number[] => {
    const body = [items.length, ...items.flat()];
    return [id, ...leb(body.length), ...body];
  };
  const I32 = 0x7f;
  // Types: 0 () -> i32, 1 () -> (), 2 (i32) -> i32, 3 (i32 × 5) -> i32.
  const types = [
    [0x60, 0, 1, I32],
    [0x60, 0, 0],
    [0x60, 1, I32, 1, I32],
    [0x60, 5, I32, I32, I32, I32, I32, 1, I32],
  ];
  const constant = (value: number): number[] => [0x41, ...leb(value), 0x0b];
  const trap = [0x00, 0x0b];
  const functions: [name: string, type: number, code: number[]][] = [
    ['pp_abi', 0, constant(abi)],
    ['pp_init', 1, [0x0b]],
    ['pp_reserve', 2, constant(32)],
    ['pp_call', 2, callTraps ? trap : constant(0)],
    ['pp_run', 3, trap],
    ['pp_out', 0, constant(0)],
    ['pp_panic', 0, constant(0)],
    ['pp_trap', 1, trap],
  ];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, ...types),
    ...section(3, ...functions.map(([, type]) => [type])),
    ...section(5, [0, ...leb(pages)]),
    ...section(7, [...text('memory'), 2, 0], ...functions.map(([name], at) => [...text(name), 0, at])),
    ...section(10, ...functions.map(([, , code]) => [...leb(code.length + 1), 0, ...code])),
  ]);
}

function leb(value: number): number[] {
  // Signed where it stands for a constant: small values only.
  return value < 64 ? [value] : [(value & 0x7f) | 0x80, value >> 7];
}
