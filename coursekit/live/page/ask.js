// A question with options, and reserved room for what is said to an answer.

const verdictOn = (question, i) => (i === question.answer ? '✓ Yes. ' : `✗ Not this one, but: ${question.options[question.answer]}. `);

// `choose(i)` is called with the option that was chosen. Returns {element, show(answered), options}.
const ask = (question, lead, choose, extra) => {
  const options = question.options.map((text, i) => button(text, '', () => choose(i), {'aria-pressed': 'false', class: 'coursekit-option'}));
  const told = make('p', {class: 'coursekit-told', role: 'status'});
  // Every text that may come stands there unseen, so that the longest has room and nothing moves when one is said.
  const unseen = [0, 1].map((i) => make('p', {class: 'coursekit-told', 'aria-hidden': 'true', 'data-unseen': ''},
    verdictOn(question, i ? question.answer : -1) + question.explanation));
  const prompt = make('p', {class: 'coursekit-prompt'}, make('b', {}, lead), ' ', question.text);
  const group = make('div', {class: 'coursekit-options', role: 'group', 'aria-label': question.text}, ...options, extra);
  const show = (answered) => {
    element.toggleAttribute('data-answered', answered >= 0);
    options.forEach((one, i) => {
      one.setAttribute('aria-pressed', i === answered);
      const marked = answered >= 0 && (i === question.answer ? 'right' : i === answered && 'wrong');
      one.dataset.marked = marked || '';
      put(one, {right: '✓ ', wrong: '✗ '}[marked] ? {right: '✓ ', wrong: '✗ '}[marked] + question.options[i] : question.options[i]);
    });
    told.dataset.marked = answered < 0 ? '' : answered === question.answer ? 'right' : 'wrong';
    put(told, answered < 0 ? '' : verdictOn(question, answered) + question.explanation);
  };
  const element = make('section', {class: 'coursekit-question'}, prompt, group, make('div', {class: 'coursekit-room'}, told, ...unseen));
  return {element, show};
};
