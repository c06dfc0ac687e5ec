/** Words in which backticks mark names. */
export function Prose({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(/(`[^`]*`)/).map((part, at) =>
        at % 2 === 1 ? (
          <code key={at} class="path">
            {part.slice(1, -1)}
          </code>
        ) : (
          part
        ),
      )}
    </>
  );
}
