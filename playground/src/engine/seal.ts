/**
 * Takes away what reaches the network. The policy of a page does not bind its workers: theirs comes with their own script,
 * from a host that may send none, or from the service worker, which is there from the second visit on. So once a worker
 * has loaded what it needs, it lets go of the means.
 */

const MEANS = ['fetch', 'XMLHttpRequest', 'WebSocket', 'WebSocketStream', 'EventSource', 'WebTransport', 'BroadcastChannel', 'Worker', 'importScripts', 'caches', 'indexedDB'];

export function seal(): void {
  for (let at: object | null = globalThis; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at) as object | null) {
    for (const name of MEANS) {
      if (Object.hasOwn(at, name)) Object.defineProperty(at, name, { value: undefined, configurable: false, writable: false });
    }
  }
}
