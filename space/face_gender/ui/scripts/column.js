// Python hears which column is chosen.
element.addEventListener('change', event => tell({pick: event.target.value}));
