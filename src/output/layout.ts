import type { Column } from '../events/column.js';
import { INDENT, type Place } from './cells.js';

/** What a column has at least: as much as its values mostly need, and its header. */
export const usualRoom = ({ name, width }: Column) => Math.max(width, name.length);

/** How much of the last column there is room for at least: it may go on in the terminal's next line. */
const LAST = 12;

function lastRoom(column: Column): number {
  const isText = column.kind !== 'plain';
  return Math.max(column.name.length, isText ? Math.min(column.width, LAST) : column.width);
}

/**
 * Distributes columns over as many lines as it takes, where one begins with an indent that goes on. `rooms` are those of
 * the columns; of a column that would end the last line `lasts`.
 */
function broken(rooms: readonly number[], lasts: readonly number[], width: number): boolean[] {
  let at = 0;
  return rooms.map((room, i) => {
    const needed = i === rooms.length - 1 ? (lasts[i] as number) : room;
    const isBroken = i > 0 && at + 1 + needed > width;
    if (isBroken) at = INDENT.length + room;
    else at += (i > 0 ? 1 : 0) + room;
    return isBroken;
  });
}

/** Columns with the rooms that they have, over as many lines of so many columns as it takes. */
export function placed(
  columns: readonly Column[],
  rooms: readonly number[],
  width = Number.POSITIVE_INFINITY,
  lasts = rooms,
): Place[] {
  const breaks = broken(rooms, lasts, width);
  return columns.map((column, i) => ({
    column,
    room: rooms[i] as number,
    isBroken: breaks[i] as boolean,
    isLast: i === columns.length - 1 || (breaks[i + 1] as boolean),
  }));
}

/** The places of each line. */
export function linesOf(places: readonly Place[]): Place[][] {
  const lines: Place[][] = [];
  for (const place of places) {
    if (place.isBroken || lines.length === 0) lines.push([]);
    lines.at(-1)?.push(place);
  }
  return lines;
}

/** How many columns of the terminal a line takes, the line's indent among them. */
function widthOf(line: readonly Place[]): number {
  const blanks = line.length - 1 + (line[0]?.isBroken ? INDENT.length : 0);
  return line.reduce((sum, { room }) => sum + room, blanks);
}

/** Gives what a line has left to those that may need it, the first ones first. */
function grown(line: readonly Place[], width: number): Place[] {
  let spare = width - widthOf(line);
  const last = line.at(-1);
  spare -= last ? Math.max(0, (last.column.widest ?? 0) - last.room) : 0;
  return line.map((place) => {
    if (place === last) return place;
    const more = Math.max(0, Math.min(spare, (place.column.widest ?? 0) - place.room));
    spare -= more;
    return { ...place, room: place.room + more };
  });
}

/** What a column has at least where that keeps a row in one line: room for common values. */
const tightRoom = (column: Column) => Math.max(column.name.length, column.least ?? lastRoom(column));

/**
 * The rooms of columns in one line that has not enough for what they usually have; undefined where they find none. What
 * is left goes to the last ones first: what is too wide in front takes it from the blanks behind.
 */
function tightRooms(columns: readonly Column[], width: number): number[] | undefined {
  const rooms = columns.map(tightRoom);
  let spare = width - rooms.reduce((sum, room) => sum + room + 1, -1);
  if (spare < 0) return undefined;
  for (let i = rooms.length - 1; i >= 0; i--) {
    const more = Math.min(spare, usualRoom(columns[i] as Column) - (rooms[i] as number));
    rooms[i] = (rooms[i] as number) + more;
    spare -= more;
  }
  return rooms;
}

/** Where columns stand whose values are not known yet; on a terminal, in the columns that it has. */
export function laidOut(columns: readonly Column[], width?: number): Place[] {
  const usual = placed(columns, columns.map(usualRoom), width, columns.map(lastRoom));
  const isOver = width !== undefined && usual.some(({ isBroken }) => isBroken);
  const tight = isOver ? tightRooms(columns, width) : undefined;
  const places = tight ? placed(columns, tight) : usual;
  return width === undefined ? places : linesOf(places).flatMap((line) => grown(line, width));
}

/** Whether a screen may show a value cut. Numbers never are. */
const isCut = (column: Column) => column.kind !== 'plain' || column.widest !== undefined;

/** The least that a column of a screen has. */
const leastRoom = (column: Column) =>
  Math.max(column.name.length, isCut(column) ? Math.min(column.width, LAST) : column.width);

/** How many lines a row takes on a screen of so many columns. */
export function linesPerRow(columns: readonly Column[], width: number): number {
  return linesOf(placed(columns, columns.map(leastRoom), width)).length;
}

/** A line with its widest columns made narrower, until it fits or none can be. */
function squeezedLine(line: readonly Place[], width: number): Place[] {
  const rooms = line.map(({ room }) => room);
  const least = line.map(({ column, room }) => (isCut(column) ? Math.min(room, leastRoom(column)) : room));
  for (let over = widthOf(line) - width; over > 0; over--) {
    const spare = rooms.map((room, i) => (room > (least[i] as number) ? room : 0));
    const most = Math.max(...spare);
    if (most === 0) break;
    rooms[spare.indexOf(most)] = most - 1;
  }
  return line.map((place, i) => ({ ...place, room: rooms[i] as number }));
}

/** Where columns stand on a screen, of which all values are known: `widths` are the largest of each. */
export function squeezed(columns: readonly Column[], widths: readonly number[], width: number): Place[] {
  const places = placed(columns, columns.map(leastRoom), width);
  const rooms = roomsFor(columns, widths);
  const lines = linesOf(places.map((place, i) => ({ ...place, room: rooms[i] as number })));
  return lines.flatMap((line) => squeezedLine(line, width));
}

/** The same where nothing is cut: what finds no room goes to the next line. */
export function fitted(columns: readonly Column[], widths: readonly number[], width: number): Place[] {
  return placed(columns, roomsFor(columns, widths), width);
}

function roomsFor(columns: readonly Column[], widths: readonly number[]): number[] {
  return columns.map((column, i) => Math.max(column.name.length, widths[i] as number));
}
