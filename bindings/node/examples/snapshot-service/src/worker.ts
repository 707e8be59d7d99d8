// A worker process. SIGTERM ends it when its jobs at hand are done.
import { QueueWorker, Service } from './service.js';
import { settingsFrom } from './settings.js';

const settings = settingsFrom(process.env);
const worker = new QueueWorker(new Service(settings), settings);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void worker.end());
