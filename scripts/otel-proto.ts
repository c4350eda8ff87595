/**
 * Prints the folder with OpenTelemetry's own definitions, with which `protoc` decodes requests: OTEL_PROTO of the
 * tests.
 */
import { obtainDefinitions } from './debian/trees.js';

try {
  process.stdout.write(`${await obtainDefinitions()}\n`);
} catch (error) {
  process.stderr.write(`snoopkit: the definitions of OpenTelemetry: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
