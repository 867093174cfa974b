/** The macros against what Trino's documentation says, and against its rules where they differ from DuckDB's. */
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SqlValue } from '#lake/ports.ts';
import { DIALECT_MACROS, dialectStatements } from '#local/duckdb/dialect.ts';
import { readResult } from '#local/duckdb/values.ts';

const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
beforeAll(async () => {
  for (const statement of dialectStatements()) await connection.run(statement);
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const value = async (expression: string): Promise<SqlValue | undefined> =>
  (await readResult(await connection.stream(`select ${expression}`))).rows[0]?.[0];

const at = (text: string): number => Date.parse(`${text}Z`);
const URL = "'https://user@shop.example:8443/a%20b/c?x=1&name=J%C3%BCrgen+P&empty=&x=2#top'";

/** By the macro that it is about. */
const CASES: Record<string, [expression: string, result: SqlValue][]> = {
  date: [["date(timestamp '2026-01-02 23:59:59')", '2026-01-02']],
  date_add: [
    ["date_add('second', 86, timestamp '2020-03-01 00:00:00')", at('2020-03-01T00:01:26')],
    ["date_add('month', -1, timestamp '2026-03-31 00:00:00')", at('2026-02-28T00:00:00')],
    // Of a date a date, which as text is compared with days.
    ["date_add('day', 3, date '2026-02-27')", '2026-03-02'],
    ["cast(date_add('week', -1, date '2026-02-27') as varchar)", '2026-02-20'],
  ],
  plus_interval: [
    ["plus_interval(date '2026-01-31', interval '1' month)", '2026-02-28'],
    ["plus_interval(timestamp '2026-01-31 10:00:00', -interval '90' minute)", at('2026-01-31T08:30:00')],
    ["cast(plus_interval(interval '1' day, interval '1' hour) as varchar)", '1 day 01:00:00'],
  ],
  skewness: [['round(skewness(x), 6) from (values (1), (2), (10)) as t (x)', 0.674555]],
  bitwise_and_agg: [['bitwise_and_agg(x) from (values (6), (3)) as t (x)', 2]],
  bitwise_or_agg: [['bitwise_or_agg(x) from (values (6), (3)) as t (x)', 7]],
  bitwise_xor_agg: [['bitwise_xor_agg(x) from (values (6), (3)) as t (x)', 5]],
  numeric_histogram: [
    ['element_at(numeric_histogram(3, x), 2e0) from (values (1), (2), (2), (9)) as t (x)', 2],
    // Two bins of one width: the mean of 1 and 3, and 9.
    ["array_join(map_keys(numeric_histogram(2, x)), ' ') from (values (1), (3), (9)) as t (x)", '2.0 9.0'],
  ],
  current_timezone: [['current_timezone()', 'UTC']],
  human_readable_seconds: [
    ['human_readable_seconds(96)', '1 minute, 36 seconds'],
    ['human_readable_seconds(3762)', '1 hour, 2 minutes, 42 seconds'],
    ['human_readable_seconds(56363463)', '93 weeks, 1 day, 8 hours, 31 minutes, 3 seconds'],
  ],
  parse_duration: [
    ["to_milliseconds(parse_duration('3.81 d'))", 329_184_000],
    ["to_milliseconds(parse_duration('42.8ms'))", 43],
  ],
  repeat: [["array_join(repeat('x', 3), '-')", 'x-x-x']],
  trim_array: [["array_join(trim_array(array[1, 2, 3, 4], 2), ' ')", '1 2']],
  ngrams: [
    ["array_join(ngrams(array['a', 'b', 'c'], 2)[2], ' ')", 'b c'],
    ["array_join(ngrams(array['a', 'b'], 5)[1], ' ')", 'a b'],
  ],
  strpos: [
    ["strpos('a/b/c', '/')", 2],
    ["strpos('a/b/c', '/', 2)", 4],
    ["strpos('a/b/c', '/', 3)", 0],
  ],
  split_to_multimap: [["array_join(element_at(split_to_multimap('a=1;b=2;a=3', ';', '='), 'a'), ' ')", '1 3']],
  to_big_endian_64: [['to_hex(to_big_endian_64(255))', '00000000000000FF']],
  from_base: [["from_base('ff', 16)", 255]],
  to_base: [['to_base(255, 16)', 'ff']],
  bit_count: [['bit_count(9, 64)', 2]],
  bitwise_left_shift: [['bitwise_left_shift(1, 2)', 4]],
  bitwise_right_shift: [['bitwise_right_shift(8, 2)', 2]],
  millisecond: [["millisecond(timestamp '2026-01-01 00:00:05.678')", 678]],
  to_milliseconds: [["to_milliseconds(interval '1' day)", 86_400_000]],
  map_union: [
    [
      "system.main.cardinality(map_union(m)) from (values (map(array['a'], array[1])), (map(array['b'], array[2]))) as t (m)",
      2,
    ],
  ],
  map_agg_first: [
    ["element_at(map_agg_first(k, v), 'b') from (values ('a', 1), ('b', 2)) as t (k, v)", 2],
    ["element_at(map_agg_first(k, v), 'a') from (values ('a', 1), (null, 3), ('a', 2)) as t (k, v)", 1],
  ],
  multimap_agg: [
    [
      "array_join(element_at(multimap_agg(k, v), 'a'), ' ') from (values ('a', 1), ('b', 3), ('a', 2)) as t (k, v)",
      '1 2',
    ],
  ],
  approx_most_frequent: [
    ["element_at(approx_most_frequent(1, x, 10), 'a') from (values ('a'), ('b'), ('a')) as t (x)", 2],
    ["system.main.cardinality(approx_most_frequent(1, x, 10)) from (values ('a'), ('b'), ('a')) as t (x)", 1],
  ],
  checksum: [
    [
      '(select checksum(x) from (values (1), (2)) as t (x)) = (select checksum(x) from (values (2), (1)) as t (x))',
      true,
    ],
    [
      '(select checksum(x) from (values (1), (2)) as t (x)) = (select checksum(x) from (values (1), (3)) as t (x))',
      false,
    ],
  ],
  arrays_overlap: [['arrays_overlap(array[1, 2], array[2, 3])', true]],
  array_union: [["array_join(array_sort(array_union(array[1], array[2, 1])), ' ')", '1 2']],
  array_except: [["array_join(array_except(array[1, 2], array[2]), ' ')", '1']],
  array_remove: [["array_join(array_remove(array[1, 2, 1], 1), ' ')", '2']],
  array_position: [
    ["array_position(array['a', 'b'], 'b')", 2],
    ["array_position(array['a'], 'z')", 0],
  ],
  zip: [['cardinality(zip(array[1, 2], array[3, 4]))', 2]],
  split: [
    ["array_join(split('a,b,c', ','), ' ')", 'a b c'],
    ["array_join(split('a,b,c', ',', 2), ' ')", 'a b,c'],
  ],
  split_to_map: [["element_at(split_to_map('a=1;b=2', ';', '='), 'b')", '2']],
  regexp_split: [["array_join(regexp_split('a1b2c', '\\d'), ' ')", 'a b c']],
  regexp_count: [["regexp_count('a1b22', '\\d')", 3]],
  regexp_position: [
    ["regexp_position('abc1', '\\d')", 4],
    ["regexp_position('abc', '\\d')", -1],
  ],
  replace: [
    ["replace('aab', 'a')", 'b'],
    ["replace('aab', 'a', 'c')", 'ccb'],
  ],
  codepoint: [["codepoint('A')", 65]],
  hamming_distance: [["hamming_distance('abc', 'abd')", 1]],
  json_value: [[`json_value('{"ses:operation": ["SendEmail"]}', 'lax $."ses:operation"[0]')`, 'SendEmail']],
  json_query: [[`json_query('{"a": [1, 2]}', 'lax $.a')`, '[1,2]']],
  json_exists: [
    [`json_exists('{"a": 1}', 'lax $.a')`, true],
    [`json_exists('{"a": 1}', 'strict $.b')`, false],
  ],
  json_array_contains: [
    ["json_array_contains('[1, 2]', 2)", true],
    ["json_array_contains('[\"a\"]', 'b')", false],
  ],
  json_array_get: [["json_format(json_array_get('[1, 2]', 1))", '2']],
  json_size: [
    ['json_size(\'{"a": {"b": 1, "c": 2}}\', \'$.a\')', 2],
    ["json_size('[1, 2, 3]', '$')", 3],
  ],
  sha1: [["to_hex(sha1(to_utf8('a')))", '86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8']],
  e: [['round(ln(e()), 9)', 1]],
  rand: [['rand() < 1', true]],
  random: [
    ['random() < 1', true],
    ['random(10) between 0 and 9', true],
  ],
  width_bucket: [
    ['width_bucket(5e0, 0e0, 10e0, 5)', 3],
    ['width_bucket(11e0, 0e0, 10e0, 5)', 6],
    ['width_bucket(1500, array[1000, 2000, 5000])', 1],
  ],
  bitwise_and: [['bitwise_and(5, 3)', 1]],
  bitwise_or: [['bitwise_or(5, 3)', 7]],
  bitwise_xor: [['bitwise_xor(5, 3)', 6]],
  doy: [["doy(date '2026-02-01')", 32]],
  yow: [["yow(date '2027-01-01')", 2026]],
  date_trunc: [
    ["date_trunc('week', date '2026-01-01')", '2025-12-29'],
    ["date_trunc('hour', timestamp '2026-01-01 01:10:00')", at('2026-01-01T01:00:00')],
    ["date_trunc('day', from_iso8601_timestamp('2026-01-01T01:10:00Z'))", at('2026-01-01T00:00:00')],
  ],
  to_iso8601: [
    ["to_iso8601(date '2026-01-02')", '2026-01-02'],
    ["to_iso8601(timestamp '2026-01-02 03:04:05.678')", '2026-01-02T03:04:05.678'],
    ["to_iso8601(from_iso8601_timestamp('2026-01-02T03:04:05+01:00'))", '2026-01-02T02:04:05.000Z'],
  ],
  to_utf8: [["to_hex(to_utf8('é'))", 'C3A9']],
  from_utf8: [["from_utf8(to_utf8('é'))", 'é']],
  to_hex: [["to_hex(to_utf8('az'))", '617A']],
  sha256: [
    ["lower(to_hex(sha256(to_utf8('abc'))))", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ],
  md5: [["lower(to_hex(md5(to_utf8('abc'))))", '900150983cd24fb0d6963f7d28e17f72']],
  json_extract: [
    [`json_format(json_extract('{"ses:operation": ["SendEmail"]}', '$["ses:operation"]'))`, '["SendEmail"]'],
    [`json_array_length(json_extract('{"a": [1, 2]}', '$.a'))`, 2],
  ],
  date_diff: [
    ["date_diff('second', timestamp '2020-03-01 00:00:00', timestamp '2020-03-02 00:00:00')", 86400],
    ["date_diff('second', timestamp '2026-01-01 00:00:00.900', timestamp '2026-01-01 00:00:02.800')", 1],
    ["date_diff('hour', timestamp '2026-01-01 00:59:00', timestamp '2026-01-01 01:01:00')", 0],
    ["date_diff('day', date '2020-03-01', date '2020-03-02')", 1],
    ["date_diff('second', timestamp '2026-01-01 00:00:02', timestamp '2026-01-01 00:00:00')", -2],
  ],
  date_format: [
    ["date_format(timestamp '2022-10-20 05:10:00', '%m-%d-%Y %H')", '10-20-2022 05'],
    ["date_format(timestamp '2026-01-04 15:07:09', '%W, %e %M %Y, %H:%i:%s')", 'Sunday, 4 January 2026, 15:07:09'],
    ["date_format(timestamp '2026-01-04 15:07:09', '%c/%e %l:%i %p, %h, %k, %a %b')", '1/4 3:07 PM, 03, 15, Sun Jan'],
    ["date_format(timestamp '2026-01-04 15:07:09', '%T %r %x-%v')", '15:07:09 03:07:09 PM 2026-01'],
  ],
  date_parse: [
    ["date_parse('2022/10/20/05', '%Y/%m/%d/%H')", at('2022-10-20T05:00:00')],
    ["date_parse('4 January 2026 15:07:09', '%e %M %Y %H:%i:%s')", at('2026-01-04T15:07:09')],
  ],
  greatest: [
    ['greatest(1, 3)', 3],
    ['greatest(1, 3, 2)', 3],
    ['greatest(1, 5, 2, 4)', 5],
    // NULL if one is, where DuckDB's own leaves it out.
    ['greatest(1, null, 2)', null],
  ],
  least: [
    ['least(1, 3, 2)', 1],
    ['least(null, 2)', null],
  ],
  // Tables of the normal distribution: 0.975 at 1.959963984540054.
  normal_cdf: [
    ['normal_cdf(0, 1, 0)', 0.5],
    ['round(normal_cdf(0, 1, 1.959963984540054), 12)', 0.975],
    ['round(normal_cdf(10, 2, 6.080072030919892), 12)', 0.025],
  ],
  // By closed forms: of (2, 3) it is 6 x^2 - 8 x^3 + 3 x^4, of (9, 1) x^9, of (1, 1000) 1 - (1 - x)^1000.
  beta_cdf: [
    ['round(beta_cdf(2, 3, 0.5e0), 12)', 0.6875],
    ['round(beta_cdf(2, 3, 0.9e0), 12)', 0.9963],
    ['round(beta_cdf(9, 1, 0.3e0) * 1e5, 9)', 1.9683],
    ['round(beta_cdf(1, 1000, 1e-3), 9)', 0.632304575],
    ['beta_cdf(1, 2, 0e0)', 0],
    ['beta_cdf(1, 2, 1e0)', 1],
  ],
  inverse_normal_cdf: [
    ['inverse_normal_cdf(0, 1, 0.5e0)', 0],
    ['round(inverse_normal_cdf(0, 1, 0.975e0), 7)', 1.959964],
    ['round(inverse_normal_cdf(10, 2, 0.001e0), 7)', 3.8195354],
    ['round(inverse_normal_cdf(0, 1, 0.999e0), 7)', 3.0902323],
  ],
  // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
  wilson_interval_lower: [['round(wilson_interval_lower(81, 263, 1.959964e0), 4)', 0.2553]],
  wilson_interval_upper: [['round(wilson_interval_upper(81, 263, 1.959964e0), 4)', 0.3662]],
  with_timezone: [
    ["with_timezone(timestamp '2026-07-01 12:00:00', 'Europe/Berlin')", at('2026-07-01T10:00:00')],
    ["at_timezone(with_timezone(timestamp '2026-07-01 22:30:00', 'UTC'), 'Europe/Berlin')", at('2026-07-02T00:30:00')],
  ],
  day_of_week: [
    ["day_of_week(date '2026-01-04')", 7],
    ["day_of_week(date '2026-01-05')", 1],
  ],
  dow: [["dow(date '2026-01-04')", 7]],
  day_of_month: [["day_of_month(date '2026-01-04')", 4]],
  day_of_year: [["day_of_year(date '2026-02-01')", 32]],
  week_of_year: [["week_of_year(date '2026-01-01')", 1]],
  year_of_week: [["year_of_week(date '2027-01-01')", 2026]],
  last_day_of_month: [["last_day_of_month(date '2028-02-03')", '2028-02-29']],
  from_iso8601_date: [["from_iso8601_date('2020-05-11')", '2020-05-11']],
  from_iso8601_timestamp: [["from_iso8601_timestamp('2020-05-11T11:15:05+02:00')", at('2020-05-11T09:15:05')]],
  from_unixtime: [
    ['from_unixtime(1589195705)', at('2020-05-11T11:15:05')],
    ["hour(from_unixtime(1589195705, 'Europe/Berlin'))", 13],
  ],
  to_unixtime: [["to_unixtime(timestamp '2020-05-11 11:15:05.5')", 1589195705.5]],
  at_timezone: [
    ["hour(at_timezone(timestamp '2026-07-01 12:00:00', 'Europe/Berlin'))", 14],
    ["hour(at_timezone(from_iso8601_timestamp('2026-01-01T13:00:00+01:00'), 'Europe/Berlin'))", 13],
  ],
  count_if: [
    ['count_if(x > 1) from (values (1), (2), (null), (3)) as t (x)', 2],
    ['typeof(count_if(x > 1)) from (values (1)) as t (x)', 'BIGINT'],
    ['count_if(x > 1) from (values (1)) as t (x) where x > 1', 0],
    ['count_if(x > 1) from (values (cast(null as integer))) as t (x)', 0],
  ],
  every: [['every(x > 0) from (values (1), (2)) as t (x)', true]],
  approx_distinct: [
    ['approx_distinct(x) from (values (1), (2), (null), (2)) as t (x)', 2],
    ['approx_distinct(x, 0.01) from (values (1), (2), (null), (2)) as t (x)', 2],
  ],
  approx_percentile: [['approx_percentile(x, 0.5) from (values (1), (2), (3), (4), (9)) as t (x)', 3]],
  min_by: [
    ["min_by(x, y) from (values ('a', 2), ('b', 1)) as t (x, y)", 'b'],
    ["min_by(x, y) from (values ('a', 2), (null, 1)) as t (x, y)", null],
    ["min_by(x, y) from (values ('a', 2), ('b', null)) as t (x, y)", 'a'],
    ["min_by(x, y) from (values ('a', cast(null as integer))) as t (x, y)", null],
  ],
  max_by: [
    ["max_by(x, y) from (values ('a', 2), ('b', 1)) as t (x, y)", 'a'],
    ["array_join(max_by(x, y, 2), ' ') from (values ('a', 1), ('b', 2), ('c', 3)) as t (x, y)", 'c b'],
    ["max_by(x, y) from (values (null, 2), ('b', 1)) as t (x, y)", null],
  ],
  map_agg: [["element_at(map_agg(k, v), 'b') from (values ('a', 1), ('b', 2)) as t (k, v)", 2]],
  array_join: [
    ["array_join(array['a', 'b'], ', ')", 'a, b'],
    ["array_join(array['a', null, 'b'], ',')", 'a,b'],
    ["array_join(array[1, null, 2], '-', '?')", '1-?-2'],
    ["array_join(array_agg(x order by x desc), '') from (values ('a'), ('c'), ('b')) as t (x)", 'cba'],
  ],
  array_max: [['array_max(array[1, 3, 2])', 3]],
  array_min: [
    ['array_min(array[2, 1, 3])', 1],
    ['array_min(filter(array[1], x -> x > 1))', null],
  ],
  cardinality: [
    ['cardinality(array[1, 2])', 2],
    ['cardinality(filter(array[1], x -> x > 1))', 0],
  ],
  element_at: [
    ['element_at(array[7, 8], 2)', 8],
    ['element_at(array[7, 8], -1)', 8],
    ['element_at(array[7, 8], 3)', null],
    ["element_at(map(array['a'], array[1]), 'a')", 1],
    ["element_at(map(array['a'], array[1]), 'z')", null],
  ],
  sequence: [
    ["array_join(sequence(1, 3), ' ')", '1 2 3'],
    ["array_join(sequence(1, 7, 3), ' ')", '1 4 7'],
    ["count(*) from unnest(sequence(date '2026-01-01', date '2026-01-03', interval '1' day)) as t (d)", 3],
  ],
  slice: [["array_join(slice(array[1, 2, 3, 4], 2, 2), ' ')", '2 3']],
  regexp_like: [["regexp_like('1a 2b 14m', '\\d+b')", true]],
  regexp_extract: [
    ["regexp_extract('1a 2b 14m', '\\d+')", '1'],
    ["regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", 'a'],
    ["regexp_extract('abc', '\\d+')", null],
    ["regexp_extract('abc', '(\\d+)', 1)", null],
  ],
  regexp_replace: [
    ["regexp_replace('1a 2b 14m', '\\d+[ab] ')", '14m'],
    ["regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", '3ca 3cb 14m'],
  ],
  split_part: [
    ["split_part('a.b.c', '.', 2)", 'b'],
    ["split_part('a.b.c', '.', 4)", null],
  ],
  levenshtein_distance: [["levenshtein_distance('apple', 'epplea')", 2]],
  json_parse: [["json_extract_scalar(json_format(json_parse('{\"a\": 1}')), '$.a')", '1']],
  json_format: [["json_format(json_parse('[1,2,3]'))", '[1,2,3]']],
  json_extract_scalar: [
    [`json_extract_scalar('{"ses:operation": ["SendEmail"]}', '$["ses:operation"][0]')`, 'SendEmail'],
    [`json_extract_scalar('{"a": {"b c": 1}}', '$.a["b c"]')`, '1'],
    ["json_extract_scalar('[1, 2, 3]', '$[2]')", '3'],
    ['json_extract_scalar(\'{"store": {"name": "Zoë"}}\', \'$.store.name\')', 'Zoë'],
    ['json_extract_scalar(\'{"store": {"name": "Zoë"}}\', \'$.store\')', null],
    ["json_extract_scalar('{\"a\": null}', '$.a')", null],
    ["json_extract_scalar('{broken', '$.a')", null],
  ],
  url_extract_protocol: [[`url_extract_protocol(${URL})`, 'https']],
  url_extract_host: [
    [`url_extract_host(${URL})`, 'shop.example'],
    ["url_extract_host('no url')", null],
  ],
  url_extract_port: [
    [`url_extract_port(${URL})`, 8443],
    ["url_extract_port('https://shop.example/')", null],
  ],
  url_extract_path: [[`url_extract_path(${URL})`, '/a%20b/c']],
  url_extract_query: [[`url_extract_query(${URL})`, 'x=1&name=J%C3%BCrgen+P&empty=&x=2']],
  url_extract_fragment: [[`url_extract_fragment(${URL})`, 'top']],
  url_extract_parameter: [
    [`url_extract_parameter(${URL}, 'name')`, 'Jürgen P'],
    [`url_extract_parameter(${URL}, 'x')`, '1'],
    [`url_extract_parameter(${URL}, 'empty')`, ''],
    [`url_extract_parameter(${URL}, 'ame')`, null],
  ],
  url_encode: [["url_encode('a b&ü')", 'a+b%26%C3%BC']],
  url_decode: [["url_decode('a+b%26%C3%BC')", 'a b&ü']],
  is_nan: [['is_nan(nan())', true]],
  nan: [['nan() = nan()', true]],
  infinity: [['infinity() > 1e300', true]],
  truncate: [
    ['truncate(-1.7e0)', -1],
    ['truncate(1.7e0)', 1],
    ['truncate(12.349e0, 2)', 12.34],
  ],
};

describe.each(DIALECT_MACROS.map(({ name }) => [name]))('%s', (name) => {
  test.each(CASES[name] ?? [['(no case for this macro)', null]])('%s', async (expression, result) => {
    expect(await value(expression)).toEqual(result);
  });
});

test('integers divide to integers, and times are UTC', async () => {
  expect(await value('5 / 2')).toBe(2);
  expect(await value("current_setting('TimeZone')")).toBe('UTC');
});

test('the statements may run again', async () => {
  for (const statement of dialectStatements()) await connection.run(statement);
  expect(await value("split_part('a.b', '.', 2)")).toBe('b');
});
