import type { Column } from '../events/column.js';
import { INDENT, type Place } from './cells.js';

/** Room of a column by default: its usual values and its header. */
const usualRoom = ({ name, width }: Column) => Math.max(width, name.length);

/** Minimum room of the last column. Longer values continue in the terminal's next line. */
const LAST = 12;

function lastRoom(column: Column): number {
  const isText = column.kind !== 'plain';
  return Math.max(column.name.length, isText ? Math.min(column.width, LAST) : column.width);
}

/**
 * Distributes columns over lines; each but the first has an indent. `lasts` are the rooms of columns that end the last
 * line.
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

/** Places columns with these rooms in as many lines of `width` columns as necessary. */
function placed(
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

/** The places by line. */
export function linesOf(places: readonly Place[]): Place[][] {
  const lines: Place[][] = [];
  for (const place of places) {
    if (place.isBroken || lines.length === 0) lines.push([]);
    lines.at(-1)?.push(place);
  }
  return lines;
}

/** Width of a line, including its indent, in columns of the terminal. */
function widthOf(line: readonly Place[]): number {
  const blanks = line.length - 1 + (line[0]?.isBroken ? INDENT.length : 0);
  return line.reduce((sum, { room }) => sum + room, blanks);
}

/** Gives a line's remaining width to columns with wider values, first ones first. */
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

/** Minimum room of a column in a row kept on one line: common values fit. */
const tightRoom = (column: Column) => Math.max(column.name.length, column.least ?? lastRoom(column));

/**
 * Rooms of columns in one line that is too short for their usual rooms; undefined if they don't fit. The remaining
 * width goes to the last columns first, because values that exceed their room take it from the blanks after them.
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

/** Places columns whose values are not known yet; on a terminal, in lines of `width` columns. */
export function laidOut(columns: readonly Column[], width?: number): Place[] {
  const usual = placed(columns, columns.map(usualRoom), width, columns.map(lastRoom));
  const isOver = width !== undefined && usual.some(({ isBroken }) => isBroken);
  const tight = isOver ? tightRooms(columns, width) : undefined;
  const places = tight ? placed(columns, tight) : usual;
  return width === undefined ? places : linesOf(places).flatMap((line) => grown(line, width));
}

/** Whether a screen may truncate a value. Numbers are never truncated. */
const isCut = (column: Column) => column.kind !== 'plain' || column.widest !== undefined;

/** Minimum room of a column on a screen. */
const leastRoom = (column: Column) =>
  Math.max(column.name.length, isCut(column) ? Math.min(column.width, LAST) : column.width);

/** Number of lines of a row on a screen of `width` columns. */
export function linesPerRow(columns: readonly Column[], width: number): number {
  return linesOf(placed(columns, columns.map(leastRoom), width)).length;
}

/** Narrows a line's widest columns until it fits, or none can be narrowed further. */
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

/** Places columns on a screen. All values are known: `widths` are the largest of each column. */
export function squeezed(columns: readonly Column[], widths: readonly number[], width: number): Place[] {
  const places = placed(columns, columns.map(leastRoom), width);
  const rooms = roomsFor(columns, widths);
  const lines = linesOf(places.map((place, i) => ({ ...place, room: rooms[i] as number })));
  return lines.flatMap((line) => squeezedLine(line, width));
}

/** Places columns without truncation. Columns that don't fit are moved to the next line. */
export function fitted(columns: readonly Column[], widths: readonly number[], width: number): Place[] {
  return placed(columns, roomsFor(columns, widths), width);
}

function roomsFor(columns: readonly Column[], widths: readonly number[]): number[] {
  return columns.map((column, i) => Math.max(column.name.length, widths[i] as number));
}
