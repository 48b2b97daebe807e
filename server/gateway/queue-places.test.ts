import { describe, expect, it } from 'vitest';
import { PlaceKeeper, SharedPlaces } from './queue-places.ts';

let lastPlace = 0;

function blue(limit = 3, queue = 'iris/blue') {
  lastPlace += 1;
  return { place: lastPlace, queue, limit };
}

describe('the places of a queue', () => {
  it('may all be taken by one worker, and never more of them by several', () => {
    const keeper = new PlaceKeeper();
    const questions = [blue(), blue(), blue(), blue()];
    expect(questions.map((question) => keeper.ask(1, question))).toEqual([true, true, true, false]);
    expect(keeper.ask(2, blue())).toBe(false);
    keeper.leave(1, questions[0]!.place);
    expect([keeper.ask(2, blue()), keeper.ask(1, blue())]).toEqual([true, false]);
  });

  it('are not freed by leaving one that was refused, or one twice', () => {
    const keeper = new PlaceKeeper();
    const [first, second, refused] = [blue(2), blue(2), blue(2)];
    expect([first, second, refused].map((question) => keeper.ask(1, question))).toEqual([true, true, false]);
    keeper.leave(1, refused.place);
    expect(keeper.ask(1, blue(2))).toBe(false);
    keeper.leave(1, first.place);
    keeper.leave(1, first.place);
    expect([keeper.ask(1, blue(2)), keeper.ask(1, blue(2))]).toEqual([true, false]);
  });

  it('are each queue’s own', () => {
    const keeper = new PlaceKeeper();
    expect(keeper.ask(1, blue(1))).toBe(true);
    expect(keeper.ask(1, blue(1, 'iris/green'))).toBe(true);
  });

  it('come back with a worker that dies', () => {
    const keeper = new PlaceKeeper();
    for (let i = 0; i < 3; i += 1) keeper.ask(1, blue());
    keeper.removeWorker(1);
    expect(keeper.ask(2, blue())).toBe(true);
  });

  it('that requests left before the answer came keep nobody out, however late the primary reads its messages', async () => {
    const keeper = new PlaceKeeper();
    const inbox: (() => void)[] = [];
    const answers: boolean[] = [];
    const places = new SharedPlaces({
      ask: (questions) => inbox.push(() => places.onAnswers(questions.map((question) => keeper.ask(1, question)))),
      left: (left) => inbox.push(() => left.forEach((place) => keeper.leave(1, place))),
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    for (let request = 0; request < 10; request += 1) {
      places.leave(places.ask('iris/blue', 3, () => undefined));
      if (request % 2 === 0) await turn();
    }
    for (let request = 0; request < 4; request += 1) places.ask('iris/blue', 3, (granted) => answers.push(granted));
    await turn();
    for (const message of inbox) message();
    expect(answers).toEqual([true, true, true, false]);
  });
});
