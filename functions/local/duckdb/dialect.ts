/** Athena's SQL functions as macros of DuckDB. */
import { BETA_CDF, INVERSE_NORMAL_CDF, NORMAL_CDF, wilsonInterval } from './distributions.ts';

/** Makes DuckDB understand Athena's dialect (Trino's functions): settings, and a macro for each function. */
export interface Macro {
  /** Trino's name for it */
  name: string;
  /** parameters and body, for each number of parameters, as DuckDB's `create macro` takes them */
  bodies: readonly string[];
}

/** To be run once a database is open. `x / 0` stays NULL here and is an error in Trino: views guard each division. */
export const DIALECT_SETTINGS: readonly string[] = [
  "set global TimeZone = 'UTC'",
  // 5 / 2 = 2, as in Trino.
  'set global integer_division = true',
];

const macro = (name: string, ...bodies: string[]): Macro => ({ name, bodies });

/**
 * Trino's date_format follows MySQL, DuckDB's strftime follows C. The order matters: `%M` (month's name) has to be gone
 * before `%i` (minutes) becomes `%M`.
 */
const C_FORMAT = [
  ['%M', '%B'],
  ['%W', '%A'],
  ['%T', '%H:%i:%s'],
  ['%r', '%h:%i:%s %p'],
  ['%i', '%M'],
  ['%s', '%S'],
  ['%h', '%I'],
  ['%k', '%-H'],
  ['%l', '%-I'],
  ['%e', '%-d'],
  ['%c', '%-m'],
  ['%v', '%V'],
  ['%x', '%G'],
].reduce((sql, [mysql, c]) => `replace(${sql}, '${mysql}', '${c}')`, 'f');

/** RFC 3986, appendix B; without a scheme it is no URL to Trino. */
const URL =
  '^([a-zA-Z][a-zA-Z0-9+.-]*):(?://(?:[^/?#@]*@)?([^/?#:]*)(?::([0-9]+))?)?([^?#]*)(?:[?]([^#]*))?(?:#(.*))?$';
const urlPart = (part: number): string =>
  `(u) as case when regexp_matches(u, '${URL}') then system.main.regexp_extract(u, '${URL}', ${part}) end`;

/** Trino writes groups of the replacement as `$1`, DuckDB as `\1`. */
const GROUPS = "system.main.regexp_replace(r, '[$]([0-9])', '\\\\\\1', 'g')";

/** Trino takes a name as `$["ses:operation"]`, DuckDB as `$."ses:operation"`. */
const JSON_PATH = `system.main.regexp_replace(p, '\\[["'']([^"'']*)["'']\\]', '."\\1"', 'g')`;

/** A path of SQL's own JSON functions begins with a mode. */
const SQL_PATH = "system.main.regexp_replace(p, '^\\s*(lax|strict)\\s+', '')";

/** NULL if one is NULL, as in Trino; DuckDB's own leave NULLs out. */
const extreme = (name: 'greatest' | 'least'): Macro =>
  macro(
    name,
    ...['a, b', 'a, b, c', 'a, b, c, d', 'a, b, c, d, e'].map((all) => {
      const known = all.replaceAll(', ', ' is not null and ');
      return `(${all}) as case when ${known} is not null then system.main.${name}(${all}) end`;
    }),
  );

/**
 * DuckDB pushes no filter to the file list through an expression that might fail, such as a cast of text to a date, but
 * through a lambda it does. So a filter on `from_iso8601_date(dt)` leaves files unread, as in Trino, which tries any
 * filter of partition columns on each partition.
 */
const pushed = (parameter: string, expression: string): string =>
  `list_transform([${parameter}], lambda ${parameter}: ${expression})[1]`;

const TIMES = ['date', 'timestamp', 'timestamptz'] as const;
const ADDED = "x + n * cast('1 ' || unit as interval)";
const onDate = (type: string, expression: string): string =>
  type === 'date' ? `cast(${expression} as date)` : `(${expression})`;

/** A macro hides DuckDB's own function of its name, which stays there as `system.main.<name>`. */
export const DIALECT_MACROS: readonly Macro[] = [
  // times
  macro('date', '(x) as cast(x as date)'),
  // Of a date a date, where DuckDB gives a timestamp: as text, it would be compared with days wrongly.
  macro('date_add', ...TIMES.map((x) => `(unit, n, x ${x}) as ${pushed('x', onDate(x, ADDED))}`)),
  // `x + interval '1' day`, which athena.ts makes a call of.
  macro('plus_interval', ...[...TIMES, 'interval'].map((x) => `(x ${x}, i) as ${onDate(x, 'x + i')}`)),
  macro('millisecond', '(x) as system.main.millisecond(x) % 1000'),
  // Whole units that have passed, not borders that were crossed.
  // Of a date a date.
  macro(
    'date_trunc',
    '(unit, x date) as cast(system.main.date_trunc(unit, x) as date)',
    '(unit, x timestamp) as system.main.date_trunc(unit, x)',
    '(unit, x timestamptz) as system.main.date_trunc(unit, x)',
  ),
  macro(
    'to_iso8601',
    "(x date) as strftime(x, '%Y-%m-%d')",
    "(x timestamp) as strftime(x, '%Y-%m-%dT%H:%M:%S.%g')",
    "(x timestamptz) as strftime(timezone('UTC', x), '%Y-%m-%dT%H:%M:%S.%gZ')",
  ),
  macro('date_diff', '(unit, a, b) as date_sub(unit, a, b)'),
  macro('date_format', `(x, f) as strftime(x, ${C_FORMAT})`),
  // Without the case `create macro` complains that the format isn't a constant; it is one when a statement is bound.
  macro('date_parse', `(x, f) as case when f is not null then strptime(x, ${C_FORMAT}) end`),
  macro('day_of_week', '(x) as isodow(x)'),
  macro('dow', '(x) as isodow(x)'),
  macro('day_of_month', '(x) as day(x)'),
  macro('day_of_year', '(x) as dayofyear(x)'),
  macro('doy', '(x) as dayofyear(x)'),
  macro('week_of_year', '(x) as week(x)'),
  macro('year_of_week', '(x) as isoyear(x)'),
  macro('yow', '(x) as isoyear(x)'),
  macro('last_day_of_month', '(x) as last_day(x)'),
  macro('from_iso8601_date', `(x) as ${pushed('x', 'cast(x as date)')}`),
  macro('from_iso8601_timestamp', '(x) as cast(x as timestamptz)'),
  macro('from_unixtime', '(x) as to_timestamp(x)', '(x, zone) as timezone(zone, to_timestamp(x))'),
  macro('to_unixtime', '(x) as epoch(x)'),
  macro('with_timezone', '(x, zone) as timezone(zone, cast(x as timestamp))'),
  // Clock time there; Trino keeps the instant beside it, which casts to the same.
  macro('at_timezone', '(x, zone) as timezone(zone, cast(x as timestamptz))'),
  macro('current_timezone', "() as 'UTC'"),
  macro(
    'human_readable_seconds',
    "(x) as list_transform([cast(round(x) as bigint)], lambda s: case when s = 0 then '0 seconds' else array_to_string(list_transform(list_filter([{n: abs(s) // 604800, unit: 'week'}, {n: abs(s) % 604800 // 86400, unit: 'day'}, {n: abs(s) % 86400 // 3600, unit: 'hour'}, {n: abs(s) % 3600 // 60, unit: 'minute'}, {n: abs(s) % 60, unit: 'second'}], lambda part: part.n > 0), lambda part: part.n || ' ' || part.unit || case when part.n = 1 then '' else 's' end), ', ') end)[1]",
  ),
  macro(
    'parse_duration',
    "(d) as to_microseconds(cast(round(cast(system.main.regexp_extract(d, '^\\s*([0-9.]+)', 1) as double) * map(['ns', 'us', 'ms', 's', 'm', 'h', 'd'], [0.001, 1, 1e3, 1e6, 6e7, 3.6e9, 8.64e10])[system.main.regexp_extract(d, '([a-z]+)\\s*$', 1)]) as bigint))",
  ),
  // aggregates
  macro('to_milliseconds', '(i) as cast(epoch(i) * 1000 as bigint)'),
  // DuckDB's own, which takes 0.6 of the time of `count(*) filter`, is a hugeint, and NULL of no rows.
  macro('count_if', '(x) as cast(coalesce(system.main.count_if(x), 0) as bigint)'),
  macro('every', '(x) as bool_and(x)'),
  // Of all there is, where DuckDB takes it for a sample.
  macro(
    'skewness',
    '(x) as system.main.skewness(x) * (count(x) - 2) / nullif(sqrt(cast(count(x) * (count(x) - 1) as double)), 0)',
  ),
  macro('bitwise_and_agg', '(x) as bit_and(x)'),
  macro('bitwise_or_agg', '(x) as bit_or(x)'),
  macro('bitwise_xor_agg', '(x) as bit_xor(x)'),
  // Exact, where Trino estimates.
  macro('approx_distinct', '(x) as count(distinct x)', '(x, error) as count(distinct x)'),
  macro('approx_percentile', '(x, p) as quantile_disc(x, p)'),
  // Trino's take the row of the least or greatest y, even if x is null there.
  macro('min_by', '(x, y) as arg_min_null(x, y)', '(x, y, n) as arg_min(x, y, n)'),
  macro('max_by', '(x, y) as arg_max_null(x, y)', '(x, y, n) as arg_max(x, y, n)'),
  macro('map_agg', '(k, v) as map(list(k), list(v))'),
  // Of a key the first value; DuckDB's map refuses a key that comes twice, or NULL.
  macro(
    'map_agg_first',
    '(k, v) as case when count(distinct k) = count(*) then map(list(k), list(v)) else list_transform([list({k: k, v: v})], lambda found: list_transform([list_distinct(list_transform(found, lambda e: e.k))], lambda keys: map(keys, list_transform(keys, lambda key: list_filter(found, lambda e: e.k = key)[1].v)))[1])[1] end',
  ),
  macro('map_union', '(m) as list_reduce(list(m), lambda a, b: map_concat(a, b))'),
  macro(
    'multimap_agg',
    '(k, v) as list_transform([list({k: k, v: v})], lambda found: list_transform([list_distinct(list_transform(found, lambda e: e.k))], lambda keys: map(keys, list_transform(keys, lambda key: list_transform(list_filter(found, lambda e: e.k = key), lambda e: e.v))))[1])[1]',
  ),
  // Exact, too; of equally frequent ones the greater.
  macro(
    'approx_most_frequent',
    "(n, x, capacity) as list_transform([list_slice(list_sort(list_transform(map_entries(histogram(x)), lambda e: {v: e.value, k: e.key}), 'desc'), 1, n)], lambda found: map(list_transform(found, lambda e: e.k), list_transform(found, lambda e: e.v)))[1]",
  ),
  // Exact where there are no more values than bins; else bins of one width, by their means, where Trino joins neighbours.
  macro(
    'numeric_histogram',
    '(n, x) as list_transform([{counts: histogram(cast(x as double)), low: cast(min(x) as double), high: cast(max(x) as double)}], lambda h: list_transform([case when len(map_keys(h.counts)) <= n then h.counts else list_transform([list_transform(range(0, cast(n as bigint)), lambda bin: list_filter(map_entries(h.counts), lambda e: least(n - 1, cast(floor((e.key - h.low) * n / (h.high - h.low)) as bigint)) = bin))], lambda bins: list_transform([list_filter(bins, lambda b: len(b) > 0)], lambda b: map(list_transform(b, lambda es: list_sum(list_transform(es, lambda e: e.key * e.value)) / list_sum(list_transform(es, lambda e: e.value))), list_transform(b, lambda es: list_sum(list_transform(es, lambda e: e.value))))))[1][1] end], lambda m: map(map_keys(m), list_transform(map_values(m), lambda v: cast(v as double))))[1])[1]',
  ),
  // Tells, as Trino's does, whether two sets of rows are the same; not by the same bytes.
  macro('checksum', "(x) as unhex(printf('%016x', bit_xor(hash(x))))"),
  // arrays and maps
  macro(
    'array_join',
    '(a, s) as array_to_string(a, s)',
    '(a, s, missing) as array_to_string(list_transform(a, lambda x: coalesce(cast(x as varchar), missing)), s)',
  ),
  macro('array_max', '(a) as list_max(a)'),
  macro('array_min', '(a) as list_min(a)'),
  macro('array_union', '(a, b) as list_distinct(list_concat(a, b))'),
  macro('arrays_overlap', '(a, b) as list_has_any(a, b)'),
  macro('array_except', '(a, b) as list_filter(list_distinct(a), lambda e: not list_contains(b, e))'),
  macro('array_remove', '(a, x) as list_filter(a, lambda e: e <> x)'),
  macro('array_position', '(a, x) as coalesce(list_position(a, x), 0)'),
  macro('zip', '(a, b) as list_zip(a, b)'),
  // Of arrays only: DuckDB can't tell a map from an array here; athena.ts calls the other for what looks like a map.
  macro('cardinality', '(a) as len(a)'),
  macro('element_at', '(x, k) as x[k]'),
  macro(
    'sequence',
    '(a bigint, b bigint) as generate_series(a, b)',
    "(a date, b date) as list_transform(generate_series(a, b, interval '1' day), lambda x: cast(x as date))",
    '(a bigint, b bigint, s bigint) as generate_series(a, b, s)',
    '(a date, b date, s interval) as list_transform(generate_series(a, b, s), lambda x: cast(x as date))',
    '(a timestamp, b timestamp, s interval) as generate_series(a, b, s)',
  ),
  macro('slice', '(a, start, n) as list_slice(a, start, start + n - 1)'),
  macro('repeat', '(x, n) as list_transform(range(0, n), lambda i: x)'),
  macro('trim_array', '(a, n) as list_slice(a, 1, len(a) - n)'),
  macro(
    'ngrams',
    '(a, n) as case when len(a) <= n then [a] else list_transform(range(1, len(a) - n + 2), lambda i: list_slice(a, i, i + n - 1)) end',
  ),
  // text
  macro('regexp_like', '(s, p) as regexp_matches(s, p)'),
  macro(
    'regexp_extract',
    '(s, p) as system.main.regexp_extract_all(s, p)[1]',
    '(s, p, g) as system.main.regexp_extract_all(s, p, g)[1]',
  ),
  macro(
    'regexp_replace',
    "(s, p) as system.main.regexp_replace(s, p, '', 'g')",
    `(s, p, r) as system.main.regexp_replace(s, p, ${GROUPS}, 'g')`,
  ),
  macro('split_part', '(s, d, n) as string_split(s, d)[n]'),
  macro(
    'strpos',
    '(s, part) as system.main.strpos(s, part)',
    '(s, part, n) as list_transform([string_split(s, part)], lambda found: case when len(found) > n then length(array_to_string(found[:n], part)) + 1 else 0 end)[1]',
  ),
  macro(
    'split',
    '(s, d) as string_split(s, d)',
    '(s, d, n) as list_transform([string_split(s, d)], lambda found: list_concat(found[:n - 1], case when len(found) >= n then [array_to_string(found[n:], d)] else [] end))[1]',
  ),
  macro(
    'split_to_map',
    '(s, e, k) as list_transform([list_transform(string_split(s, e), lambda p: string_split(p, k))], lambda found: map(list_transform(found, lambda p: p[1]), list_transform(found, lambda p: p[2])))[1]',
  ),
  macro(
    'split_to_multimap',
    '(s, e, k) as list_transform([list_transform(string_split(s, e), lambda p: string_split(p, k))], lambda found: list_transform([list_distinct(list_transform(found, lambda p: p[1]))], lambda keys: map(keys, list_transform(keys, lambda key: list_transform(list_filter(found, lambda p: p[1] = key), lambda p: p[2]))))[1])[1]',
  ),
  macro('regexp_split', '(s, p) as regexp_split_to_array(s, p)'),
  macro('regexp_count', '(s, p) as len(system.main.regexp_extract_all(s, p))'),
  macro(
    'regexp_position',
    '(s, p) as case when regexp_matches(s, p) then strpos(s, system.main.regexp_extract(s, p)) else -1 end',
  ),
  macro('replace', "(s, a) as system.main.replace(s, a, '')", '(s, a, b) as system.main.replace(s, a, b)'),
  macro('codepoint', '(c) as unicode(c)'),
  macro('hamming_distance', '(a, b) as hamming(a, b)'),
  macro('levenshtein_distance', '(a, b) as levenshtein(a, b)'),
  // bytes
  macro('to_utf8', '(s) as encode(s)'),
  macro('from_utf8', '(b) as decode(b)'),
  macro('to_hex', '(b) as hex(b)'),
  macro('to_big_endian_64', "(x) as unhex(printf('%016x', x))"),
  macro('sha256', '(x blob) as unhex(system.main.sha256(x))', '(x varchar) as system.main.sha256(x)'),
  macro('sha1', '(x blob) as unhex(system.main.sha1(x))', '(x varchar) as system.main.sha1(x)'),
  macro('md5', '(x blob) as unhex(system.main.md5(x))', '(x varchar) as system.main.md5(x)'),
  // JSON, as text
  macro('json_extract', `(j, p) as system.main.json_extract(j, ${JSON_PATH})`),
  macro('json_parse', '(j) as cast(j as json)'),
  macro('json_format', '(j) as cast(j as varchar)'),
  macro('json_value', `(j, p) as json_extract_string(j, ${SQL_PATH})`),
  macro('json_query', `(j, p) as cast(system.main.json_extract(j, ${SQL_PATH}) as varchar)`),
  macro('json_exists', `(j, p) as system.main.json_exists(j, ${SQL_PATH})`),
  macro('json_array_contains', '(j, x) as json_contains(cast(j as json), to_json(x))'),
  macro('json_array_get', "(j, n) as system.main.json_extract(j, '$[' || n || ']')"),
  macro(
    'json_size',
    `(j, p) as list_transform([system.main.json_extract(j, ${JSON_PATH})], lambda x: case json_type(x) when 'OBJECT' then len(json_keys(x)) when 'ARRAY' then json_array_length(x) else 0 end)[1]`,
  ),
  macro(
    'json_extract_scalar',
    `(j, p) as case when json_valid(j) and json_type(j, ${JSON_PATH}) not in ('OBJECT', 'ARRAY') then json_extract_string(j, ${JSON_PATH}) end`,
  ),
  // URLs
  macro('url_extract_protocol', urlPart(1)),
  macro('url_extract_host', urlPart(2)),
  macro('url_extract_port', `(u) as try_cast(system.main.regexp_extract(u, '${URL}', 3) as bigint)`),
  macro('url_extract_path', urlPart(4)),
  macro('url_extract_query', urlPart(5)),
  macro('url_extract_fragment', urlPart(6)),
  // Form encoding: a space is a plus.
  macro('url_encode', "(s) as replace(system.main.url_encode(s), '%20', '+')"),
  macro('url_decode', "(s) as system.main.url_decode(replace(s, '+', ' '))"),
  macro(
    'url_extract_parameter',
    "(u, name) as system.main.url_decode(replace(system.main.regexp_extract_all(u, '^[^?#]*[?](?:[^#]*?&)??' || regexp_escape(name) || '(?:=([^&#]*))?(?:[&#].*)?$', 1)[1], '+', ' '))",
  ),
  // numbers
  macro('is_nan', '(x) as isnan(x)'),
  macro('nan', "() as cast('nan' as double)"),
  macro('infinity', "() as cast('infinity' as double)"),
  macro('truncate', '(x) as trunc(x)', '(x, n) as trunc(x, n)'),
  macro('e', '() as exp(1)'),
  macro('rand', '() as system.main.random()'),
  macro('random', '() as system.main.random()', '(n) as cast(floor(system.main.random() * n) as bigint)'),
  macro(
    'width_bucket',
    '(x, bounds) as len(list_filter(bounds, lambda b: b <= x))',
    '(x, low, high, n) as case when x < low then 0 when x >= high then n + 1 else cast(floor((x - low) * n / (high - low)) as bigint) + 1 end',
  ),
  macro(
    'from_base',
    "(s, radix) as list_reduce(list_prepend(cast(0 as bigint), list_transform(string_split(lower(s), ''), lambda c: strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1)), lambda a, b: a * radix + b)",
  ),
  macro('to_base', '(x, radix) as lower(system.main.to_base(x, radix))'),
  macro('bit_count', '(x, bits) as system.main.bit_count(x)'),
  macro('bitwise_left_shift', '(x, n) as x << n'),
  macro('bitwise_right_shift', '(x, n) as x >> n'),
  macro('bitwise_and', '(a, b) as a & b'),
  macro('bitwise_or', '(a, b) as a | b'),
  macro('bitwise_xor', '(a, b) as xor(a, b)'),
  extreme('greatest'),
  extreme('least'),
  // statistics
  macro('beta_cdf', BETA_CDF),
  macro('inverse_normal_cdf', INVERSE_NORMAL_CDF),
  macro('normal_cdf', NORMAL_CDF),
  macro('wilson_interval_lower', wilsonInterval('-')),
  macro('wilson_interval_upper', wilsonInterval('+')),
];

/**
 * Functions that both engines have under one name with one meaning. Views call these and the macros' and no other, which
 * the lint of sql/ holds; so `concat`, which leaves NULLs out in DuckDB and not in Trino, is none of them.
 */
export const SHARED_FUNCTIONS: readonly string[] = [
  'abs',
  'array_agg',
  'array_distinct',
  'asin',
  'bool_and',
  'bool_or',
  'cast',
  'chr',
  'coalesce',
  'count',
  'exp',
  'filter',
  'first_value',
  'floor',
  'hour',
  'lag',
  'length',
  'ln',
  'lower',
  'lpad',
  'map_keys',
  'max',
  'min',
  'nullif',
  'pi',
  'power',
  'rank',
  'replace',
  'round',
  'row',
  'row_number',
  'sin',
  'sqrt',
  'substr',
  'sum',
  'trim',
  'try_cast',
  'unnest',
  'upper',
];

/** Statements that teach an open DuckDB database Athena's dialect, in order; running them again changes nothing. */
export const dialectStatements = (): string[] => [
  ...DIALECT_SETTINGS,
  ...DIALECT_MACROS.map(({ name, bodies }) => `create or replace macro ${name}${bodies.join(', ')}`),
];
