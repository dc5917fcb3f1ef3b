const KINDS = {panel, quiz, verdict};
export default {render: ({model, el}) => KINDS[model.get('kind')](model, el)};
