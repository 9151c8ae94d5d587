// The slider's number follows at once; Python hears of it.
element.addEventListener('input', event => {
  element.querySelector('output').textContent = Number(event.target.value).toFixed(2);
  tell({pick: event.target.value});
});
