/**
 * The steps of chains as methods. A step finds its object by a focus: a data path from the main record (`author`, `items[]`,
 * nothing for the record itself), a definition (`#replyRef`), or the id of a vertex.
 */

/** A step as data: its type and its members (`docs/steps.md`). */
export interface Step {
  readonly step_type: string;
  readonly [member: string]: unknown;
}

/** What stands at a position: the name of a kind, or all that can be said of it (`docs/steps.md`). */
export type Shape = string | { readonly kind?: string; readonly [member: string]: unknown };

/** What is known of an inverse. */
export type Coercion = 'iso' | 'retraction' | 'projection' | 'opaque';

/** Options of steps that compute. Expressions are text of the expression language. */
export interface ComputeOptions {
  /** The way back. Without it an edited value is refused. */
  readonly inverse?: string;
  readonly coercion?: Coercion;
  /** What the value is; a string where nothing is said. */
  readonly kind?: string;
  readonly shape?: Shape;
  readonly required?: boolean;
}

/** A value that stands for an absent one. */
export interface DefaultOption {
  readonly default?: unknown;
}

/** Steps of an inner chain. */
export type InnerSteps = Step | readonly Step[] | { toJSON(): readonly Step[] };

/** The methods of steps: `pp.chain` begins a chain with them, a chain goes on. Steps: `docs/steps.md`. */
export abstract class StepMaker<Made> {
  /** @internal */
  protected abstract _step(step: Step): Made;

  /** Any step, by its type and members. @example `pp.chain.step({ step_type: 'remove_field', name: 'note' })` */
  step(step: Step): Made {
    return this._step(step);
  }

  /** Another name for a member. @example `pp.chain.renameField('author', 'name', 'displayName')` */
  renameField(parent: string, name: string, target: string): Made {
    return this.#make('rename_field', parent, { name, target });
  }

  /** A new member; the default is what views get. @example `pp.chain.addField('author', 'verified', 'boolean', { default: false })` */
  addField(parent: string, name: string, kind: Shape, options: DefaultOption & { readonly required?: boolean } = {}): Made {
    const what = typeof kind === 'string' ? { kind } : { shape: kind };
    return this.#make('add_field', parent, { name, ...what, ...options });
  }

  /** A member less; the complement keeps it. The default is for records that are made without one. @example `pp.chain.removeField('', 'note')` */
  removeField(parent: string, name: string, options: DefaultOption = {}): Made {
    return this.#make('remove_field', parent, { name, ...options });
  }

  /** A member of a member, one level up. @example `pp.chain.hoistField('', 'author', 'name')` */
  hoistField(parent: string, intermediate: string, child: string, options: { readonly target?: string; readonly keep?: boolean } = {}): Made {
    return this.#make('hoist_field', parent, { intermediate, child, ...options });
  }

  /** A member into a member, one level down. @example `pp.chain.nestField('', 'name', 'author')` */
  nestField(parent: string, child: string, intermediate: string, options: { readonly target?: string } = {}): Made {
    return this.#make('nest_field', parent, { child, intermediate, ...options });
  }

  /** A value into an object of one member. @example `pp.chain.wrap('', 'text', 'value')` */
  wrap(parent: string, name: string, key: string): Made {
    return this.#make('wrap', parent, { name, key });
  }

  /** An object to the value of one of its members. @example `pp.chain.unwrap('', 'author', { key: 'name' })` */
  unwrap(parent: string, name: string, options: { readonly key?: string } = {}): Made {
    return this.#make('unwrap', parent, { name, ...options });
  }

  /** A value into a list of one item. @example `pp.chain.listWrap('', 'text')` */
  listWrap(parent: string, name: string): Made {
    return this.#make('list_wrap', parent, { name });
  }

  /** A list to its first item; the complement keeps the others. @example `pp.chain.head('', 'tags')` */
  head(parent: string, name: string): Made {
    return this.#make('head', parent, { name });
  }

  /** A member's value as another kind. @example `pp.chain.coerce('', 'count', 'string')` */
  coerce(parent: string, name: string, kind: Shape): Made {
    return this.#make('coerce', parent, { name, ...(typeof kind === 'string' ? { kind } : { shape: kind }) });
  }

  /** A member's value through an expression, over `v` or the member's name. @example `pp.chain.applyExpr('', 'count', 'v + 1', { inverse: 'v - 1', coercion: 'iso' })` */
  applyExpr(parent: string, name: string, expr: string, options: Omit<ComputeOptions, 'required'> = {}): Made {
    return this.#make('apply_expr', parent, { name, expr, ...options });
  }

  /** A member made of others, which stay. @example `pp.chain.computeField('', 'label', 'concat text "!"')` */
  computeField(parent: string, target: string, expr: string, options: ComputeOptions & { readonly inputs?: readonly string[] } = {}): Made {
    return this.#make('compute_field', parent, { target, expr, ...options });
  }

  /** Several members to one; the inverse gives a record of them. @example `pp.chain.mergeFields('', ['first', 'last'], 'name', 'concat first (concat " " last)')` */
  mergeFields(parent: string, names: readonly string[], target: string, expr: string, options: ComputeOptions = {}): Made {
    return this.#make('merge_fields', parent, { names, target, expr, ...options });
  }

  /** A member to several; the expression gives a record of them. @example `pp.chain.splitField('', 'name', ['first', 'last'], 'let p = split name " " in {first = p[0], last = p[1]}')` */
  splitField(
    parent: string,
    name: string,
    targets: readonly (string | { readonly name: string; readonly kind?: string; readonly shape?: Shape; readonly required?: boolean })[],
    expr: string,
    options: Pick<ComputeOptions, 'inverse' | 'coercion'> = {},
  ): Made {
    return this.#make('split_field', parent, { name, targets, expr, ...options });
  }

  /** A member that survives where a condition over its object holds. @example `pp.chain.conditional('', 'text', 'count > 0')` */
  conditional(parent: string, name: string, when: string): Made {
    return this.#make('conditional', parent, { name, when });
  }

  /**
   * Steps by the value of the object at a focus: those of the first condition that holds, else `otherwise`. All lead to the same schema.
   *
   * @example `pp.chain.case([['kind == "a"', pp.chain.addField('', 'region', 'string', { default: 'UK' })]], pp.chain.addField('', 'region', 'string'))`
   */
  case(branches: readonly (readonly [when: string, steps: InnerSteps])[], otherwise?: InnerSteps, options: { readonly focus?: string } = {}): Made {
    const made = branches.map(([when, steps]) => ({ when, steps: stepsOf(steps) }));
    const rest = otherwise === undefined ? undefined : stepsOf(otherwise);
    return this._step(members({ step_type: 'case', focus: options.focus || undefined, branches: made, otherwise: rest }));
  }

  /** A string, or each of a list, to another; `null` removes it. @example `pp.chain.mapReferences('', 'tags', { old: 'new', gone: null })` */
  mapReferences(parent: string, name: string, renameMap: Readonly<Record<string, string | null>>): Made {
    return this.#make('map_references', parent, { name, rename_map: renameMap });
  }

  /** These members and no others. @example `pp.chain.keepFields('', 'text')` */
  keepFields(parent: string, ...fields: string[]): Made {
    return this.#make('keep_fields', parent, { fields });
  }

  /** A member that has to be there; the default is for records without it. @example `pp.chain.setRequired('', 'text', { default: '' })` */
  setRequired(parent: string, name: string, options: DefaultOption = {}): Made {
    return this.#make('set_required', parent, { name, ...options });
  }

  /** A member that may be missing. @example `pp.chain.setOptional('', 'text', { default: '' })` */
  setOptional(parent: string, name: string, options: DefaultOption = {}): Made {
    return this.#make('set_optional', parent, { name, ...options });
  }

  /** A default of the schema. @example `pp.chain.setDefault('', 'text', '')` */
  setDefault(parent: string, name: string, value: unknown): Made {
    return this.#make('set_default', parent, { name, default: value });
  }

  /** Undeclared members to the complement, of one object or everywhere. @example `pp.chain.close()` */
  close(focus?: string): Made {
    return this._step(members({ step_type: 'close', focus }));
  }

  /** A constraint of the values at a place. @example `pp.chain.setConstraint('text', 'maxLength', 300)` */
  setConstraint(focus: string, sort: string, value: unknown): Made {
    return this._step(members({ step_type: 'set_constraint', focus: focus || undefined, sort, value }));
  }

  /** A constraint less. @example `pp.chain.dropConstraint('text', 'maxLength')` */
  dropConstraint(focus: string, sort: string): Made {
    return this._step(members({ step_type: 'drop_constraint', focus: focus || undefined, sort }));
  }

  /** Another id for a vertex, or for a definition. @example `pp.chain.renameVertex('#author', 'com.example.post#person')` */
  renameVertex(focus: string, target: string): Made {
    return this._step({ step_type: 'rename_vertex', focus, target });
  }

  /** Another name for edges of a vertex. @example `pp.chain.renameEdgeName('root', 'root.text', 'text', 'body')` */
  renameEdgeName(srcSort: string, tgtSort: string, name: string, target: string): Made {
    return this._step(members({ step_type: 'rename_edge_name', src_sort: srcSort, tgt_sort: tgtSort || undefined, name, target }));
  }

  /** Steps at a place: their foci count from there. @example `pp.chain.scoped('author', pp.chain.removeField('', 'mail'))` */
  scoped(focus: string, inner: InnerSteps): Made {
    return this._step({ step_type: 'scoped', focus, inner: stepsOf(inner) });
  }

  /** Steps on every item of a list. @example `pp.chain.mapItems('items', pp.chain.renameField('', 'value', 'amount'))` */
  mapItems(focus: string, inner: InnerSteps): Made {
    return this._step({ step_type: 'map_items', focus, inner: stepsOf(inner) });
  }

  /** Kinds and edge kinds along a morphism of theories. @example `pp.chain.pullback({}, {})` */
  pullback(sortMap: Readonly<Record<string, string>>, opMap: Readonly<Record<string, string>>): Made {
    return this._step({ step_type: 'pullback', sort_map: sortMap, op_map: opMap });
  }

  #make(type: string, parent: string, rest: Readonly<Record<string, unknown>>): Made {
    return this._step(members({ step_type: type, parent: parent === '' ? undefined : parent, ...rest }));
  }
}

/** Without the members that are `undefined`. */
function members(step: Step): Step {
  return Object.fromEntries(Object.entries(step).filter(([, value]) => value !== undefined)) as Step;
}

function stepsOf(inner: InnerSteps): readonly Step[] {
  if (Array.isArray(inner)) return inner as readonly Step[];
  return typeof (inner as { toJSON?: unknown }).toJSON === 'function' ? (inner as { toJSON(): readonly Step[] }).toJSON() : [inner as Step];
}
