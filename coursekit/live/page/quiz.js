// A chapter's quiz: every question with its options; the score counts first tries.

const quiz = (model, el) => {
  const asked = model.get('content').questions.map((question, i) =>
    ask(question, `${i + 1}.`, (option) => model.send({press: 'answer', question: i, option})));
  const score = make('p', {class: 'coursekit-score', role: 'status'});
  follow(model, ['answered', 'score'], () => {
    asked.forEach((one, i) => one.show(model.get('answered')[i]));
    put(score, model.get('score'));
  });
  el.classList.add('coursekit-panel', 'coursekit-quiz');
  el.append(...asked.map((one) => one.element), score);
  return watchKernel(model, el);
};
