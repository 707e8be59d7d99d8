// Git and the servers behind it get a rest when they fail again and again. A repository that is busy
// never opens the breaker.
import CircuitBreaker from 'opossum';
import { isContention } from 'repolock';

export class Breaker {
  readonly #circuit = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
    timeout: false, // the lock and git have limits of their own
    volumeThreshold: 10,
    errorThresholdPercentage: 50,
    resetTimeout: 1000,
    errorFilter: isContention,
  });
  timesOpened = 0;

  constructor() {
    this.#circuit.on('open', () => {
      this.timesOpened += 1;
    });
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#circuit.fire(work) as Promise<T>;
  }

  end(): void {
    this.#circuit.shutdown();
  }
}
