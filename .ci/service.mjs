// The program as a process, for the checks that need a counterpart from the world of Node.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { BINARY = 'target/debug/frivillig', NODE_TOOLS = '.' } = process.env;

/** A package out of the folder of pinned tools. */
export const tool = (name) => import(pathToFileURL(createRequire(join(NODE_TOOLS, 'package.json')).resolve(name)).href);

export const scratch = mkdtempSync(join(tmpdir(), 'frivillig-ci-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until something is so, and says what it was if it does not become so. */
export async function until(what, isSo, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    while (!(await isSo())) {
        if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
        await sleep(100);
    }
}

/** A port that is free, below those that the system gives to outgoing connections. */
export async function freePort() {
    for (;;) {
        const port = 16_384 + Math.floor(Math.random() * 16_384);
        const probe = createServer();
        const free = await new Promise((resolve) => probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)));
        if (free) return new Promise((resolve) => probe.close(() => resolve(port)));
    }
}

/** Starts the program with these settings and nothing else from the environment, and waits until it is ready. */
export async function start(port, settings) {
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(BINARY, { env: { LISTEN_ADDR: `127.0.0.1:${port}`, RATE_LIMIT: 'off', ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
    const service = { url, greeting: '', log: '', ended: undefined };
    child.stdout.on('data', (data) => (service.greeting += data));
    child.stderr.on('data', (data) => (service.log += data));
    const end = new Promise((resolve) => child.on('close', (code) => resolve((service.ended = code ?? 'killed'))));
    process.on('exit', () => child.kill('SIGKILL'));
    service.stop = async () => {
        child.kill('SIGTERM');
        const code = await end;
        if (code !== 0) throw new Error(`the service ended with ${code}\n${service.log}`);
    };
    await until('the service is ready', () => {
        if (service.ended !== undefined) throw new Error(`the service did not start\n${service.log}`);
        // Its own word first: somebody else might answer at this address.
        return service.greeting.includes(url) && fetch(`${url}/health/ready`).then((answer) => answer.ok, () => false);
    });
    return service;
}
