import type { ComponentChildren, FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A part of the page that is loaded when it is first shown. */
export function Lazy({ load, waiting }: { readonly load: () => Promise<FunctionComponent>; readonly waiting: ComponentChildren }) {
  const [Part, set] = useState<FunctionComponent | null>(null);
  useEffect(() => {
    let there = true;
    void load().then((part) => {
      if (there) set(() => part);
    });
    return () => {
      there = false;
    };
  }, []);
  return Part === null ? <>{waiting}</> : <Part />;
}
